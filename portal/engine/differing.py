"""How two texts differ, line by line, in a bounded number of steps whatever the texts are."""

import difflib
from collections.abc import Sequence
from itertools import accumulate

MOST_STEPS = 2_000_000
"""Comparisons of lines; some seconds' work at the very most."""
Opcode = tuple[str, int, int, int, int]
"""As difflib has them: `equal`, `delete`, `insert` or `replace`, and the lines of either."""


class TooMuch(Exception):
    """The texts take more steps to compare than anybody should wait for."""


class Matcher(difflib.SequenceMatcher[str]):
    """Difflib's own, which counts what it does: texts of equal lines make it take for ever."""

    def __init__(self, a: Sequence[str], b: Sequence[str], most: int = MOST_STEPS):
        super().__init__(None, a, b, autojunk=False)
        self.left = most
        places: dict[str, list[int]] = self.b2j  # type: ignore[attr-defined]
        # Up to each line of `a`: in how many places of `b` those before it are.
        self.sums = [0, *accumulate(1 + len(places.get(line, ())) for line in a)]
        self.end = len(a)

    def find_longest_match(
        self, alo: int = 0, ahi: int | None = None, blo: int = 0, bhi: int | None = None
    ) -> difflib.Match:
        """As difflib's. Raises TooMuch."""
        self.left -= self.sums[self.end if ahi is None else ahi] - self.sums[alo]
        if self.left < 0:
            raise TooMuch
        return super().find_longest_match(alo, ahi, blo, bhi)


def opcodes(a: Sequence[str], b: Sequence[str], most: int = MOST_STEPS) -> list[Opcode]:
    """How to make `b` of `a`; where that takes too many steps, all between what both have."""
    start = common(a, b)
    end = common(a[start:][::-1], b[start:][::-1])
    middle_a, middle_b = a[start : len(a) - end], b[start : len(b) - end]
    found = [("equal", 0, start, 0, start)] if start else []
    found += [
        (tag, i1 + start, i2 + start, j1 + start, j2 + start)
        for tag, i1, i2, j1, j2 in inner(middle_a, middle_b, most)
    ]
    if end:
        found.append(("equal", len(a) - end, len(a), len(b) - end, len(b)))
    return found


def inner(a: Sequence[str], b: Sequence[str], most: int) -> list[Opcode]:
    """The differences of what begins and ends differently."""
    try:
        return list(Matcher(a, b, most).get_opcodes())
    except TooMuch:
        return [("replace", 0, len(a), 0, len(b))]


def common(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines both begin with."""
    both = min(len(a), len(b))
    return next((at for at in range(both) if a[at] != b[at]), both)


def grouped(found: Sequence[Opcode], context: int) -> list[list[Opcode]]:
    """Opcodes in groups, each with so many equal lines around what differs."""
    matcher: difflib.SequenceMatcher[str] = difflib.SequenceMatcher(None, "", "")
    # Its grouping works on any opcodes that it is given.
    matcher.opcodes = list(found)  # type: ignore[attr-defined]
    return [list(group) for group in matcher.get_grouped_opcodes(context)]
