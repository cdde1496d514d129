"""Bytes to orders: text, controls, and escapes with all that can be wrong with them."""

import codecs
import re

from .grid import HISTORY_LINES
from .orders import Orders

TEXT = re.compile(r"[^\x00-\x1f\x7f]+")
NUMBERS = r"[0-?]{0,100}"
ESCAPE = re.compile(
    rf"\x1b(?:\[(?P<numbers>{NUMBERS})(?P<between>[ -/]{{0,4}})(?P<final>[@-~])"
    r"|(?P<string>[\]PX^_])|(?P<set>[ -/]{1,4})(?P<which>[0-~])|(?P<single>[0-Z\\`-~]))"
)
UNFINISHED = re.compile(rf"\x1b(?:\[{NUMBERS}[ -/]{{0,4}}|[ -/]{{0,4}})?\Z")
BROKEN = re.compile(rf"\x1b(?:\[{NUMBERS}[ -/]{{0,4}})?")
STRING_END = re.compile(r"\x07|\x1b\\|[\x18\x1a]|\x1b(?!\\)")
MOST_NUMBERS, LARGEST = 32, 9999


class Screen(Orders):
    """What a terminal shows after all the bytes that it was told."""

    def __init__(self, rows: int, columns: int):
        super().__init__(rows, columns)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""
        """The beginning of an escape whose end has not come."""
        self._is_in_string = False
        """What comes is a title, or something else that nobody sees."""

    def feed(self, data: bytes) -> None:
        """Write these bytes to it."""
        text = self._rest + self._decoder.decode(data)
        self._rest = ""
        at = 0
        while at < len(text):
            if self._is_in_string:
                at = self._pass_over(text, at)
            elif text[at] == "\x1b":
                at = self._escape(text, at)
            else:
                end = text.find("\x1b", at)
                end = len(text) if end < 0 else end
                at = self._without_escapes(text, self._skip(text, at, end), end)

    def _without_escapes(self, text: str, at: int, end: int) -> int:
        while at < end:
            if found := TEXT.match(text, at, end):
                self.write(found[0])
                at = found.end()
            else:
                self.control(text[at])
                at += 1
        return end

    def _skip(self, text: str, at: int, end: int) -> int:
        """Leave out lines that only run through: of a flood the last ones are to be seen."""
        lines = self.grid.rows + HISTORY_LINES
        if end - at < 4 * lines or not self.is_plain or text.count("\n", at, end) < 2 * lines:
            return at
        if text.find("\x0e", at, end) >= 0 or text.find("\x0f", at, end) >= 0:
            return at
        cut = end
        for _ in range(lines + 1):
            cut = text.rfind("\n", at, cut)
        if cut <= at or text[cut - 1] != "\r":
            return at
        self.move(self.grid.rows - 1, 0)
        return cut + 1

    def _pass_over(self, text: str, at: int) -> int:
        """On to the end of a string, which another escape ends as well."""
        found = STRING_END.search(text, at)
        if found is None:
            return len(text)
        if found[0] == "\x1b" and found.end() == len(text):
            self._rest = "\x1b"
            return len(text)
        self._is_in_string = False
        return found.start() if found[0] == "\x1b" else found.end()

    def _escape(self, text: str, at: int) -> int:
        found = ESCAPE.match(text, at)
        if found is None:
            if UNFINISHED.match(text, at):
                self._rest = text[at:]
                return len(text)
            broken = BROKEN.match(text, at)
            return broken.end() if broken else at + 1
        if final := found["final"]:
            prefix = found["numbers"][:1] if found["numbers"][:1] in ("?", ">", "<", "=") else ""
            numbers = numbers_of(found["numbers"][len(prefix) :])
            self.order(prefix, numbers, found["between"], final)
        elif found["string"]:
            self._is_in_string = True
        elif found["set"]:
            self.choose(found["set"], found["which"])
        else:
            self.single(found["single"])
        return found.end()


def numbers_of(text: str) -> list[int]:
    """The numbers of an order; one that is left out is -1."""
    parts = text.replace(":", ";").split(";")[:MOST_NUMBERS] if text else []
    return [min(int(each), LARGEST) if each.isdecimal() else -1 for each in parts]
