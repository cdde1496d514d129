"""Values as JSON can carry them, and no larger than a page can show."""

import datetime
import math
import re
from typing import Any

TEXT_LIMIT = 8 * 1024
CUT = re.compile(r"… \(\d+ characters\)\Z")
"""How a text ends that was cut."""
DEPTH_LIMIT = 20
LARGEST_INT = 2**53
"""A browser's numbers are exact up to here."""


def plain(value: Any, depth: int = 0) -> Any:
    """None, numbers, text, lists and dicts stay what they are; anything else becomes text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_INT else short(str(value))
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        return short(value)
    if depth >= DEPTH_LIMIT:
        return "…"
    if isinstance(value, dict):
        return {short(str(key)): plain(each, depth + 1) for key, each in value.items()}
    if hasattr(value, "asDict"):
        return plain(value.asDict(), depth)
    if isinstance(value, (list, tuple)):
        return [plain(each, depth + 1) for each in value]
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return short(str(value))


def is_cut(text: str) -> bool:
    """Whether it is only the beginning of a text, as `short` leaves one."""
    return len(text) == TEXT_LIMIT and CUT.search(text) is not None


def short(text: str) -> str:
    """At most TEXT_LIMIT characters, without NUL and lone surrogates, which no database takes."""
    clean = text[: TEXT_LIMIT + 1].encode("utf-8", "backslashreplace").decode()
    clean = clean.replace("\0", "\\x00")
    if len(clean) <= TEXT_LIMIT:
        return clean
    # The note counts too, so that cutting what was cut already changes nothing.
    note = f"… ({len(text)} characters)"
    return clean[: TEXT_LIMIT - len(note)] + note
