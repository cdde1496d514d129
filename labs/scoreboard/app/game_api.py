#!/usr/bin/env python
"""A game that keeps what its players own in Redis, and nothing in itself."""

from flask import Flask, request
from redis import Redis

app = Flask(__name__)
store = Redis(host="redis", port=6379, decode_responses=True)


@app.route("/")
def look_around():
    visits = store.incr("visits")
    return f"You look around. This is visit number {visits}.\n"


@app.route("/purchase_a_sword")
def purchase_a_sword():
    player = request.args.get("player", "somebody")
    swords = store.zincrby("swords", 1, player)
    return f"{player} has bought a sword, and has {swords:.0f} now.\n"


@app.route("/scores")
def scores():
    lines = [f"{swords:.0f} {player}\n" for player, swords in store.zrevrange("swords", 0, 9, True)]
    return "".join(lines) or "Nobody has a sword.\n"
