import json

from flask import Flask
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


@app.route("/")
def default_response():
    producer.send("events", json.dumps({"event_type": "default"}).encode())
    return "\nThis is the default response!\n"


@app.route("/buy/<item>/<int:count>")
def buy(item, count):
    event = {"event_type": "buy", "item": item, "count": count}
    producer.send("events", json.dumps(event).encode())
    return f"{count} {item}\n"
