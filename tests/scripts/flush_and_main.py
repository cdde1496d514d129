import json

from flask import Flask
from kafka import KafkaProducer

app = Flask(__name__)


def log_event(event):
    producer = KafkaProducer(bootstrap_servers="kafka:29092")
    producer.send("events", json.dumps(event).encode()).get(timeout=10)
    producer.flush()
    producer.close()


@app.route("/flush")
def flush():
    log_event({"event_type": "flush"})
    return "Flushed!\n"


if __name__ == "__main__":
    app.run(host="0.0.0.0", port=5000, debug=True)
