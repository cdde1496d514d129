import json
import logging

from flask import Flask
from kafka import KafkaProducer

logging.basicConfig(level=logging.INFO)
log = logging.getLogger("game")
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


@app.route("/fight")
def fight():
    event = {"event_type": "fight"}
    log.info("sending %s", event)
    producer.send("events", json.dumps(event).encode())
    return ""
