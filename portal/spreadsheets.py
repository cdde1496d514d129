"""CSV for spreadsheets: no cell of it is run as a formula, whoever wrote what is in it."""

import csv
import json
import re
from collections.abc import Sequence
from typing import Any, Protocol

FORMULA_STARTS = (
    *("=", "+", "-", "@", "|", "%", "\t", "\r", "\n"),
    *("\uff1d", "\uff0b", "\uff0d", "\uff20"),  # The same at full width, for some languages' input.
)


BOM = "\ufeff"
"""What a file begins with, so that a spreadsheet reads it as UTF-8."""
HARMLESS = re.compile(r"[\w.@+\-: /]*")
"""Of this nothing can call, link or run; a formula needs more."""


class Exact(str):
    """A text by which another program knows somebody: it stays as it is, if it is harmless."""

    __slots__ = ()


class Writable(Protocol):
    """What lines are written to."""

    def write(self, text: str, /) -> object:
        """Take a line."""


class Writer:
    """Writes lines of cells."""

    def __init__(self, file: Writable) -> None:
        self.lines = csv.writer(file)

    def writerow(self, values: Sequence[Any]) -> Any:
        """Write a line; what the file's `write` returned."""
        return self.lines.writerow([cell(each) for each in values])


def cell(value: Any) -> str | int | float:
    """A value as a cell: a number, or text, which begins with an apostrophe where it must."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, Exact) and HARMLESS.fullmatch(value):
        return str(value)
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
