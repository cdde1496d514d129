"""What a form may carry for a step."""

from collections.abc import Mapping
from typing import Any

from portal.engine.lab.step import NoChoice

TEXT_LIMIT = 64 * 1024


def text(field: str, chosen: Mapping[str, str]) -> dict[str, Any]:
    """The text that a student typed in place of the lab's own, if any. Raises NoChoice."""
    found = chosen.get(field, "").replace("\r\n", "\n")
    if len(found) > TEXT_LIMIT:
        raise NoChoice(f"The {field} is too long: at most {TEXT_LIMIT // 1024} KB.")
    if "\0" in found:
        raise NoChoice(f"The {field} holds a NUL character, which can't be kept.")
    return {field: found} if found.strip() else {}
