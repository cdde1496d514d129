#!/usr/bin/env python
"""A game's web API that tells Kafka, as JSON, what its players do."""

import json

from flask import Flask
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


def log_to_kafka(topic, event):
    # send() only puts the event in a queue. A thread of the producer's own delivers it, so the
    # player never waits for Kafka.
    producer.send(topic, json.dumps(event).encode())


@app.route("/")
def default_response():
    log_to_kafka("events", {"event_type": "default"})
    return "This is the default response!\n"


@app.route("/purchase_a_sword")
def purchase_a_sword():
    log_to_kafka("events", {"event_type": "purchase_sword"})
    return "Sword Purchased!\n"
