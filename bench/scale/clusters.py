"""Clusters in memory, of which every process of a portal says the same: they are up, and well."""

import base64
import json
from collections.abc import Mapping
from typing import ClassVar

from portal.engine.runtimes.base import Health, Image, ProcessHealth, State
from portal.engine.runtimes.fake import FakeCluster, FakeRuntime, Reply

SAYS = 'broker 1 at kafka:29092\ntopic "events" with 1 partitions\n{"Host": "user1.comcast.com"}\n'
"""By which week 10 knows that its commands have done what they should."""
STEPS = ("topic", "read", "telnet", "read-extended")
"""Those that pass with that."""
EXCHANGE = {
    "type": "exchange",
    "response": base64.b64encode(b"HTTP/1.1 200 OK\r\n\r\nDefault Response!\n").decode(),
    "connect_seconds": 0.1,
    "first_byte_seconds": 0.1,
    "total_seconds": 0.1,
    "ended": "complete",
}
SERVER = ProcessHealth("flask", "mids", True)
SECONDS = 0.5
"""What a command takes."""


def reply(service: str, argv: tuple[str, ...]) -> Reply:
    """What a command answers."""
    text = json.dumps(EXCHANGE) + "\n" if "guest.http_raw" in argv else SAYS
    return Reply(text.encode(), seconds=SECONDS)


class Clusters(FakeRuntime):
    """Whichever is asked for is up, with a server in it."""

    name: ClassVar[str] = "sandbox"

    def __init__(self, *, images: Mapping[str, Image]):
        super().__init__(images=images, replies=reply)

    def observe(self, session: str) -> Health:
        return Health(State.UP, (SERVER,))

    def find(self, session: str) -> FakeCluster:
        with self.lock:
            return self.clusters.setdefault(session, FakeCluster(State.UP, {"flask": SERVER}))
