"""Talk to a server over one connection: `python -m guest.talk`, what to say first as JSON on stdin.

`{"host", "port", "request" (base64), "seconds", "door"}`. Every piece is told as it goes and comes,
with seconds since the first try to connect: `connected`, `sent`, `got`, then `ended` with `how`; or
`refused`, `unknown-host`, `unreachable`. Without a door it hangs up once every request in what it
said has a reply that is as long as it says. With one it is a telnet: more to say comes through the
door (`guest.say`), and it talks until the server ends it or the time is over.
"""

import base64
import contextlib
import json
import select
import socket
import sys
import time

from .connecting import connected
from .lines import emit, encode
from .messages import replies_in, requests_in

SENT, GOT = 64 * 1024, 256 * 1024
PIECE = 32 * 1024
LINGER = 0.5
"""Something may follow a reply that is whole, such as the server's end of the connection."""
GAPS = ((200, 0.0), (1000, 0.05), (2000, 0.5))
"""Up to so many pieces, each is told so much later: many small ones come together then."""


def main() -> int:
    """Return 0 when there was a connection, 1 when there was none."""
    asked = json.load(sys.stdin)
    began = time.monotonic()
    with contextlib.ExitStack() as stack:
        door = stack.enter_context(opened(asked["door"])) if asked["door"] else None
        server = connected(asked["host"], asked["port"], asked["seconds"])
        if server is None:
            return 1
        talk = Talk(stack.enter_context(server), door, began, began + asked["seconds"])
        talk.tell("connected")
        how = talk.hold(base64.b64decode(asked["request"]))
        server.close()
        talk.tell("ended", how=how)
    return 0


def opened(name: str) -> socket.socket:
    """A door of that name, which is no file."""
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind("\0" + name)
    door.listen(4)
    return door


class Talk:
    """One connection, until somebody ends it."""

    def __init__(
        self, server: socket.socket, door: "socket.socket | None", began: float, deadline: float
    ):
        self.server, self.door = server, door
        self.began, self.deadline = began, deadline
        self.said = bytearray()
        self.unsent = bytearray()
        self.heard = bytearray()
        self.pieces = 0
        self.heard_at = began
        self.is_answered = False
        server.setblocking(False)

    def tell(self, kind: str, **fields: object) -> None:
        """Say what has happened just now."""
        emit(kind, at=time.monotonic() - self.began, **fields)

    def hold(self, request: bytes) -> str:
        """Send and hear; return how it ended."""
        self.say(request)
        how = ""
        while not how:
            now = time.monotonic()
            if now >= self.deadline:
                return "time"
            if self.is_answered and now - self.heard_at >= LINGER:
                return "complete"
            readable, writable, _ = select.select(
                [each for each in (self.server, self.door) if each is not None],
                [self.server] if self.unsent else [],
                [],
                min(self.deadline - now, LINGER),
            )
            if writable:
                self.send()
            if self.server in readable:
                how = self.hear()
            if self.door is not None and self.door in readable:
                self.open(self.door)
        return how

    def say(self, data: bytes) -> bool:
        """Have it sent; False for more than one may say altogether."""
        if len(self.said) + len(data) > SENT:
            return False
        self.said += data
        self.unsent += data
        return True

    def send(self) -> None:
        """Send what the server takes."""
        try:
            count = self.server.send(self.unsent[:PIECE])
        except BlockingIOError:
            return
        except OSError:
            # It may have answered before it hung up: what it said is still there to read.
            self.unsent.clear()
            return
        piece = bytes(self.unsent[:count])
        del self.unsent[:count]
        self.tell("sent", data=encode(piece))

    def hear(self) -> str:
        """Take what has come; return how that ends it, if it does."""
        time.sleep(next((gap for most, gap in GAPS if self.pieces < most), 1.0))
        try:
            piece = self.server.recv(PIECE)
        except BlockingIOError:
            return ""
        except OSError:
            return "reset"
        if not piece:
            return "close"
        piece = piece[: GOT - len(self.heard)]
        self.heard += piece
        self.heard_at = time.monotonic()
        self.pieces += 1
        self.tell("got", data=encode(piece))
        if len(self.heard) >= GOT:
            return "limit"
        self.is_answered = self.door is None and is_answered(bytes(self.said), bytes(self.heard))
        return ""

    def open(self, door: socket.socket) -> None:
        """Somebody has more to say."""
        guest, _ = door.accept()
        data = bytearray()
        with guest, contextlib.suppress(OSError):
            guest.settimeout(2)
            while len(data) <= SENT and (piece := guest.recv(PIECE)):
                data += piece
            guest.sendall(b"y" if self.say(bytes(data)) else b"n")


def is_answered(said: bytes, heard: bytes) -> bool:
    """Whether every request has its whole reply, and none of them is still under way."""
    if b"\r\n" not in said:
        said = said.replace(b"\n", b"\r\n")
    asked = requests_in(said)
    return asked.whole > 0 and not asked.lacks and replies_in(heard, asked.methods) >= asked.whole


if __name__ == "__main__":
    sys.exit(main())
