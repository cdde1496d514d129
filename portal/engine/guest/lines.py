"""JSON lines on standard output, the way every guest program talks."""

import base64
import json
import os
import threading

_lock = threading.Lock()


def emit(kind: str, **fields: object) -> None:
    """Write one message as one line, whole and at once."""
    line = json.dumps({"type": kind, **fields}, separators=(",", ":"), default=str)
    _write(line.encode("ascii") + b"\n")


def encode(data: bytes | None) -> str | None:
    """Bytes as base64; nothing stays nothing."""
    return None if data is None else base64.b64encode(data).decode("ascii")


def _write(data: bytes) -> None:
    # Not sys.stdout: its buffer would keep a line until the next one.
    with _lock:
        while data:
            data = data[os.write(1, data) :]
