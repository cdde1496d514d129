import json

from flask import Flask
from flask.views import MethodView
from kafka import KafkaProducer

app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")


class Guild(MethodView):
    def send(self, what):
        producer.send("events", json.dumps({"event_type": what}).encode())
        return f"{what}\n"

    def get(self):
        return self.send("look")

    def put(self):
        return self.send("join")

    def delete(self):
        return self.send("leave")


app.add_url_rule("/guild/", view_func=Guild.as_view("guild"))
