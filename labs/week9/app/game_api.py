#!/usr/bin/env python
"""A game's web API that tells Kafka, in a word, what its players do."""

from flask import Flask
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


def log_to_kafka(topic, event):
    # Kafka stores bytes. A word becomes bytes by encoding it; nothing says what the word means.
    producer.send(topic, event.encode())


@app.route("/")
def default_response():
    log_to_kafka("events", "default")
    return "This is the default response!\n"


@app.route("/purchase_a_sword")
def purchase_a_sword():
    log_to_kafka("events", "purchased_sword")
    return "Sword Purchased!\n"
