"""Say more in a talk that goes on: `python -m guest.say`, `{"door", "data" (base64)}` on stdin.

One line comes back: `said`, or `full` when that is more than one may say, or `gone`.
"""

import base64
import json
import socket
import sys

from .lines import emit


def main() -> int:
    """Return 0 when it will be sent."""
    asked = json.load(sys.stdin)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.settimeout(5)
            door.connect("\0" + asked["door"])
            door.sendall(base64.b64decode(asked["data"]))
            door.shutdown(socket.SHUT_WR)
            word = {b"y": "said", b"n": "full"}.get(door.recv(1), "gone")
    except OSError:
        word = "gone"
    emit(word)
    return int(word != "said")


if __name__ == "__main__":
    sys.exit(main())
