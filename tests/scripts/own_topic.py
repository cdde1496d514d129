import json

from flask import Flask, request
from kafka import KafkaProducer

TOPIC = "game-actions"
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


@app.route("/ride/<animal>")
def ride(animal):
    event = {"event_type": "ride", "animal": animal, **request.headers}
    producer.send(TOPIC, json.dumps(event).encode(), key=animal.encode())
    return "Hop on.\n"
