"""Serve until told to quit: `python -m guest.agent --fd N`."""

import argparse
import ctypes
import signal
import socket
import threading
import time

from .peer import Peer
from .verbs import Agent

PR_SET_DUMPABLE = 4
HURRY_SECONDS = 2.0


def main() -> None:
    """Take one connection after another."""
    parser = argparse.ArgumentParser(prog="guest.agent")
    parser.add_argument("--fd", type=int, required=True)
    listener = socket.socket(fileno=parser.parse_args().fd)
    # Nobody else in here may look into this process, its memory or its descriptors.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Handlers, not SIG_IGN: what is ignored here would be ignored in every child too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    agent = Agent()
    threading.Thread(target=agent.children.reap_for_ever, daemon=True).start()
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            # Out of descriptors, for now: others are about to hang up.
            time.sleep(0.05)
            continue
        serve(agent, Peer(connection))


def serve(agent: Agent, peer: Peer) -> None:
    """Serve a caller in a thread, or here and in a hurry when there can be no more threads."""
    try:
        threading.Thread(target=agent.serve, args=(peer,), daemon=True).start()
    except RuntimeError:
        peer.socket.settimeout(HURRY_SECONDS)
        agent.serve(peer, is_crowded=True)


if __name__ == "__main__":
    main()
