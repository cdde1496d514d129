import json

from flask import Flask, request
from kafka import KafkaProducer

app = Flask(__name__)
event_logger = KafkaProducer(
    bootstrap_servers="kafka:29092", value_serializer=lambda value: json.dumps(value).encode()
)


@app.route("/join_guild", methods=["GET", "POST"])
def join_guild():
    if request.method == "POST":
        event_logger.send("events", {"event_type": "join_guild", "guild": request.form["guild"]})
        return "You have joined.\n"
    event_logger.send("events", {"event_type": "look_at_guilds"})
    return "Which one?\n"
