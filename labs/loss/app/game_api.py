#!/usr/bin/env python
"""A game that sends an event for each sword, and does not wait until it is safe."""

import json

from flask import Flask, request
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(
    bootstrap_servers="kafka:29092",
    acks=1,
    retries=10,
    request_timeout_ms=2000,
    enable_idempotence=False,
)


@app.route("/")
def look_around():
    producer.send("events", json.dumps({"event_type": "look_around"}).encode())
    return "You look around.\n"


@app.route("/purchase_a_sword")
def purchase_a_sword():
    who = request.args.get("who", "somebody")
    event = {"event_type": "purchase_sword", "who": who}
    producer.send("events", json.dumps(event).encode())
    # Here it could say producer.flush(): then the reply would wait until the event is safe.
    return f"The sword is yours, {who}.\n"
