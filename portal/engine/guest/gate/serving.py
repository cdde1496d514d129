"""Take calls: who has this session's key is led to an agent, and nobody else is listened to."""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping

from .agents import Behind
from .carrier import Carrier

MOST = 256
"""Calls at once."""
STRANGERS = 32
"""Callers at once that have not shown a key yet."""
GREETING_SECONDS = 5.0
NAME_LIMIT = 100
WELCOME = b"+"


def secured(folder: str) -> ssl.SSLContext:
    """TLS 1.3, by the gate's own key, for whoever has the runner's."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(f"{folder}/gate.pem")
    context.load_verify_locations(f"{folder}/runner.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    # A ticket would be something to read, and then nothing.
    context.num_tickets = 0
    return context


class Gate:
    """The listener, and what it leads to."""

    def __init__(self, port: int, context: ssl.SSLContext, agents: Mapping[str, Behind]):
        self.context, self.agents = context, agents
        self.places = threading.BoundedSemaphore(MOST)
        self.strangers = threading.BoundedSemaphore(STRANGERS)
        self.listener = socket.create_server(("", port), backlog=MOST)

    def serve_for_ever(self) -> None:
        """One caller after another, each in a thread; those beyond the bounds are hung up on."""
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                time.sleep(0.05)
                continue
            if not self.strangers.acquire(blocking=False):
                connection.close()
                continue
            try:
                threading.Thread(target=self._greet, args=(connection,), daemon=True).start()
            except RuntimeError:
                connection.close()
                self.strangers.release()

    def _greet(self, connection: socket.socket) -> None:
        call = None
        try:
            call = self._lead(connection)
        finally:
            self.strangers.release()
        if call is None:
            return
        if not self.places.acquire(blocking=False):
            call.close()
            return
        try:
            call.carry()
        finally:
            self.places.release()

    def _lead(self, connection: socket.socket) -> Carrier | None:
        """The call of one who has the key, to an agent that is there."""
        with contextlib.suppress(OSError, ValueError):
            connection.settimeout(GREETING_SECONDS)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = self.context.wrap_socket(connection, server_side=True)
            name = wire.recv(NAME_LIMIT).decode().strip()
            if name in self.agents:
                local = self.agents[name].call()
                wire.sendall(WELCOME)
                return Carrier(wire, local, makes_pipes=True)
            wire.close()
        connection.close()
        return None
