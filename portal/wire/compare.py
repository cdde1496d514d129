"""Two exchanges side by side, line by line."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from portal.wire.shown import Line, lines_of

COMPARED = 32 * 1024
LINES = 400
"""Of each side; comparing takes the square of it."""
NOTHING = Line("", "")


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of each side; `same`, `changed`, `left` (only there) or `right`."""

    kind: str
    left: Line
    right: Line


@dataclass(frozen=True, slots=True)
class Difference:
    """How some bytes differ from others."""

    pairs: list[Pair]
    is_same: bool
    is_cut: bool


def compare(left: bytes, right: bytes) -> Difference:
    """Compare line by line, ends of lines included."""
    ours, theirs = lines_of(left[:COMPARED])[:LINES], lines_of(right[:COMPARED])[:LINES]
    is_cut = max(len(left), len(right)) > COMPARED or max(len(ours), len(theirs)) >= LINES
    return Difference(list(pairs(ours, theirs)), left == right, is_cut)


def pairs(ours: list[Line], theirs: list[Line]) -> Iterator[Pair]:
    """Lines beside those that they became."""
    for tag, a, b, c, d in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        left, right = ours[a:b], theirs[c:d]
        for index in range(max(len(left), len(right))):
            one = left[index] if index < len(left) else None
            other = right[index] if index < len(right) else None
            kind = "same" if tag == "equal" else "changed"
            kind = "left" if other is None else "right" if one is None else kind
            yield Pair(kind, one or NOTHING, other or NOTHING)
