#!/usr/bin/env python
"""A game whose players log in; who they are is kept in Redis, and nothing in this process."""

import secrets

from flask import Flask, make_response, request
from redis import Redis

MINUTES = 10

app = Flask(__name__)
store = Redis(host="redis", port=6379, decode_responses=True)


def key_of_caller():
    """The key of the caller's session; None for a caller who has none, or whose time is over."""
    key = f"session:{request.cookies.get('session', '')}"
    # Whoever comes back in time stays.
    return key if store.expire(key, MINUTES * 60) else None


@app.route("/login")
def login():
    player = request.args.get("player", "somebody")
    session = secrets.token_urlsafe(16)
    store.hset(f"session:{session}", mapping={"player": player, "swords": 0})
    store.expire(f"session:{session}", MINUTES * 60)
    response = make_response(f"Welcome, {player}.\n")
    response.set_cookie("session", session, httponly=True)
    return response


@app.route("/purchase_a_sword")
def purchase_a_sword():
    key = key_of_caller()
    if key:
        store.hincrby(key, "swords", 1)
    return me()


@app.route("/me")
def me():
    key = key_of_caller()
    if not key:
        return "Who are you? Log in first.\n", 401
    found = store.hgetall(key)
    return f"{found['player']} has {found['swords']} swords.\n"
