import json

from flask import Flask
from kafka import KafkaProducer

app = Flask(__name__)
purchases = KafkaProducer(bootstrap_servers="kafka:29092", linger_ms=5)
others = KafkaProducer(bootstrap_servers="kafka:29092", acks="all", client_id="others")


@app.route("/purchase_a_knife")
def purchase_a_knife():
    purchases.send("events", json.dumps({"event_type": "purchase_knife"}).encode())
    return "Knife Purchased!\n"


@app.route("/dance")
def dance():
    others.send("events", json.dumps({"event_type": "dance"}).encode())
    return "You dance.\n"
