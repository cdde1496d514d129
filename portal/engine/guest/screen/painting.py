"""Paint a screen anew: the bytes after which a reset terminal looks and works as it does."""

from collections.abc import Iterable

from .cursor import Cursor
from .grid import Grid, Line

PAINTED_BYTES = 512 * 1024
USUAL = "\x1b[?6l\x1b(B\x1b)B\x0f\x1b[0m"
"""How a cursor is at first."""
TOO_MUCH = "(This screen is too large to be painted again. Clear it, or press Control-L.)"


class Painting:
    """What `painted` needs of a screen."""

    main: Grid
    grid: Grid
    cursor: Cursor
    saved: dict[bool, Cursor]
    top: int
    bottom: int
    modes: set[int]
    is_shown: bool
    wraps: bool
    inserts: bool
    is_keypad: bool

    @property
    def is_other(self) -> bool:
        """Whether it is the screen that editors use, which leaves the shell's as it was."""
        return self.grid is not self.main

    def painted(self) -> bytes:
        """All of it; without its history or its colours where that would be too much."""
        found = b""
        for history, pens in ((True, True), (False, True), (False, False)):
            found = self._painted(history=history, pens=pens)
            if len(found) <= PAINTED_BYTES:
                return found
        return TOO_MUCH.encode()

    def _painted(self, *, history: bool, pens: bool) -> bytes:
        lines = [*(self.main.history if history else ()), *self.main.lines]
        parts = list(paint(lines, self.main.columns, pens))
        if self.is_other:
            kept = self.saved.get(False)
            parts += [place(kept) if kept else "", "\x1b[?1049h", USUAL]
            for number, line in enumerate(self.grid.lines, 1):
                parts += [f"\x1b[{number};1H", *paint([line], self.grid.columns, pens)]
        if kept := self.saved.get(self.is_other):
            parts += [place(kept), "\x1b7", USUAL]
        if (self.top, self.bottom) != (0, self.grid.rows - 1):
            parts.append(f"\x1b[{self.top + 1};{self.bottom + 1}r")
        parts.append(self._placed())
        parts += [f"\x1b[?{mode}h" for mode in sorted(self.modes)]
        parts += ["" if self.is_shown else "\x1b[?25l", "" if self.wraps else "\x1b[?7l"]
        parts += ["\x1b[4h" if self.inserts else "", "\x1b=" if self.is_keypad else ""]
        return "".join(parts).encode(errors="replace")

    def _placed(self) -> str:
        """The cursor, at last. Behind the last column it only gets by writing there."""
        cursor = self.cursor
        row = cursor.row - (self.top if cursor.is_in_region else 0)
        region = "\x1b[?6h" if cursor.is_in_region else ""
        line = self.grid.lines[cursor.row]
        if not cursor.is_past:
            return f"{region}\x1b[{row + 1};{cursor.column + 1}H{look(cursor)}"
        column = cursor.column - (0 if line.chars[cursor.column] else 1)
        again = f"\x1b[0;{line.pens[column]}m{line.chars[column]}"
        return f"{region}\x1b[{row + 1};{column + 1}H{again}{look(cursor)}"


def paint(lines: Iterable[Line], columns: int, pens: bool) -> Iterable[str]:
    """Lines one below the other. One that goes on in the next is left to wrap by itself."""
    before = None
    for line in lines:
        goes_on = before is not None and before.is_continued
        if before is not None and not goes_on:
            yield "\r\n"
        # Only a character makes the line before it wrap, be it a blank.
        least = columns if line.is_continued else int(goes_on)
        yield from _paint_line(line, columns, pens, least)
        before = line


def _paint_line(line: Line, columns: int, pens: bool, least: int) -> Iterable[str]:
    chars, kept = line.chars[:columns], line.pens[:columns]
    end = len(chars)
    while end > least and chars[end - 1] == " " and not kept[end - 1]:
        end -= 1
    at = 0
    while at < end:
        pen = kept[at]
        run = at
        while run < end and kept[run] == pen:
            run += 1
        text = "".join(chars[at:run])
        yield f"\x1b[0;{pen}m{text}\x1b[0m" if pen and pens else text
        at = run


def place(cursor: Cursor) -> str:
    """A kept cursor's place and look, while the region is the whole screen."""
    region = "\x1b[?6h" if cursor.is_in_region else ""
    return f"{region}\x1b[{cursor.row + 1};{cursor.column + 1}H{look(cursor)}"


def look(cursor: Cursor) -> str:
    """Its pen and its characters."""
    order = f"\x1b[0;{cursor.pen.order}m" if cursor.pen.order else "\x1b[0m"
    sets = "".join(
        f"\x1b{which}0"
        for which, chosen in zip("()", cursor.charsets, strict=True)
        if chosen == "0"
    )
    return order + sets + ("\x0e" if cursor.charset else "")
