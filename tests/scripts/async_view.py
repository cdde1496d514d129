import asyncio
import json

from flask import Flask
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


@app.route("/sleep")
async def sleep():
    await asyncio.sleep(0.01)
    producer.send("events", json.dumps({"event_type": "sleep"}).encode())
    return "Good morning!\n"
