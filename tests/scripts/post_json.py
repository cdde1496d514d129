import json

from flask import Flask, jsonify, request
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers=["kafka:29092"])


@app.route("/events", methods=["POST"])
def create():
    body = request.get_json()
    event = {"event_type": body["event_type"], "who": body.get("who", "nobody")}
    producer.send("events", json.dumps(event).encode("utf-8"))
    return jsonify(event), 201
