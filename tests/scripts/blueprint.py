import json

from flask import Blueprint, Flask
from kafka import KafkaProducer

BROKER = "kafka:29092"
producer = KafkaProducer(bootstrap_servers=BROKER)
shop = Blueprint("shop", __name__, url_prefix="/shop")


def log_to_kafka(topic, event):
    producer.send(topic, json.dumps(event).encode())


@shop.get("/swords")
def swords():
    log_to_kafka("events", {"event_type": "look_at_swords"})
    return "Three swords.\n"


@shop.post("/swords")
def buy():
    log_to_kafka("events", {"event_type": "purchase_sword"})
    return "Sword Purchased!\n"


def create_app():
    made = Flask(__name__)
    made.register_blueprint(shop)
    return made
