"""What commands printed, cut to what can be read and made harmless to show anywhere."""

import re
import unicodedata
from dataclasses import dataclass

FIRST_LINES = 300
LAST_LINES = 50
LINE_LIMIT = 2000
HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
NO_UTF8 = "\ufffd"
COLOUR = re.compile(r"\x1b\[[0-9;]{0,20}m")


@dataclass(frozen=True, slots=True)
class Shown:
    """The text of an output: its first lines, how many are left out, its last lines."""

    first: str
    left_out: int = 0
    last: str = ""
    not_utf8: int = 0
    """How many places of it were no UTF-8; each reads U+FFFD."""

    @property
    def text(self) -> str:
        """All in one, with a line that says what is left out."""
        if not self.left_out:
            return self.first
        return f"{self.first}\n… {self.left_out:,} more lines …\n{self.last}"


def show(output: str) -> Shown:
    """Cut an output that is too long, and spell out the characters that would act, not show.

    Colours are left out.
    """
    lines = COLOUR.sub("", output).replace("\r\n", "\n").removesuffix("\n").split("\n")
    left_out = max(0, len(lines) - FIRST_LINES - LAST_LINES)
    first = lines[:FIRST_LINES] if left_out else lines
    last = lines[-LAST_LINES:] if left_out else []
    return Shown(
        first="\n".join(map(show_line, first)),
        left_out=left_out,
        last="\n".join(map(show_line, last)),
        not_utf8=output.count(NO_UTF8),
    )


def show_line(line: str) -> str:
    """One line. A carriage return, an escape or a change of direction is spelled, not done."""
    shown = "".join(map(show_character, line[:LINE_LIMIT]))
    left_out = len(line) - LINE_LIMIT
    return f"{shown}… {left_out:,} more characters" if left_out > 0 else shown


def show_character(character: str) -> str:
    """A character as one can see it."""
    if character == "\t" or unicodedata.category(character) not in HIDDEN:
        return character
    if character < " ":
        return chr(0x2400 + ord(character))
    return "\u2421" if character == "\x7f" else f"\\u{{{ord(character):x}}}"
