"""What a terminal showed, to be played back: a stream of events beside its output, as asciicast 3.

The recorder writes a picture of the whole screen now and then. Where the stream has lost its
beginning to a bound, the recording begins with the first picture that is there.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from portal.engine.terminals import Size
from portal.live import streams
from portal.live.chunks import encode
from portal.live.terminals import Terminal, state

RECORDED_BYTES = 1 << 20
TYPE = "xterm-256color"


def recording_key(terminal: Terminal, epoch: str) -> str:
    """The stream of its events."""
    return f"{terminal.key}:{epoch}:cast"


def record(terminal: Terminal, epoch: str, number: int, code: str, data: str, **more: Any) -> None:
    """One event: `o` what was put out, `r` a size, `m` a mark, `x` a shell's end."""
    fields = {"t": round(time.time(), 3), "c": code, "d": data, **more}
    streams.append_encoded(
        recording_key(terminal, epoch),
        [encode(number, fields)],
        most_bytes=RECORDED_BYTES,
    )


def picture(terminal: Terminal, epoch: str, number: int, screen: str, size: Size) -> None:
    """The whole screen, from which a player can begin."""
    record(terminal, epoch, number, "o", screen, size=[size.columns, size.rows])


def last_event(terminal: Terminal, epoch: str) -> int:
    """Its newest event's number."""
    return streams.last_number(recording_key(terminal, epoch))


def recording(terminal: Terminal, epoch: str = "") -> bytes:
    """All that there is, as asciicast version 3; empty where nothing is. Raises RedisError."""
    epoch = epoch or state(terminal).epoch
    events = _events(recording_key(terminal, epoch)) if epoch else iter(())
    return "".join(f"{line}\n" for line in _lines(events)).encode(errors="replace")


def _events(key: str) -> Iterator[dict[str, Any]]:
    return (fields for _, fields in streams.entries(key))


def _lines(events: Iterator[dict[str, Any]]) -> Iterator[str]:
    before = None
    for event in events:
        if before is None:
            if "size" not in event:
                continue
            columns, rows = event["size"]
            before = event["t"]
            term = {"cols": columns, "rows": rows, "type": TYPE}
            yield json.dumps({"version": 3, "term": term, "timestamp": int(before)})
        elif "size" in event:
            # A player that has come so far begins no new screen: this one wipes the old.
            event["d"] = f"\x1bc{event['d']}"
        interval = max(0.0, round(event["t"] - before, 3))
        before = event["t"]
        yield json.dumps([interval, event["c"], event["d"]], ensure_ascii=False)
