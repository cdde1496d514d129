"""The characters of a screen, line by line, and what moves and wipes them."""

import unicodedata
from collections import deque
from functools import lru_cache

HISTORY_LINES = 300
CELL_CHARACTERS = 4
"""One character with what combines with it; more of that is left out."""


@lru_cache(maxsize=4096)
def width(character: str) -> int:
    """How many columns a character takes."""
    if unicodedata.category(character) in ("Mn", "Me", "Cf", "Cc", "Cs"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


class Line:
    """Cells: a character each, and the pen that it was written with. A wide character's second
    cell is empty."""

    __slots__ = ("chars", "is_continued", "pens")

    def __init__(self, columns: int, pen: str = ""):
        self.chars = [" "] * columns
        self.pens = [pen] * columns
        self.is_continued = False
        """The next line goes on where this ends: it was too long for one."""

    def widen(self, columns: int) -> None:
        """Have at least so many cells."""
        missing = columns - len(self.chars)
        if missing > 0:
            self.chars += [" "] * missing
            self.pens += [""] * missing

    def wipe(self, start: int, end: int, pen: str) -> None:
        """Empty cells, and the halves of wide characters that these leave behind."""
        self.part(start)
        self.part(end)
        count = max(0, end - start)
        self.chars[start:end] = [" "] * count
        self.pens[start:end] = [pen] * count

    def part(self, at: int) -> None:
        """A wide character that lies across this border is none any more."""
        if 0 < at < len(self.chars) and not self.chars[at]:
            self.chars[at - 1] = self.chars[at] = " "

    def write(self, at: int, text: str, pen: str) -> None:
        """Narrow characters."""
        end = at + len(text)
        self.part(at)
        self.part(end)
        self.chars[at:end] = text
        self.pens[at:end] = [pen] * len(text)

    def insert(self, at: int, count: int, columns: int, pen: str) -> None:
        """Blank cells; what follows moves right, and out."""
        self.part(at)
        self.chars[at:at] = [" "] * count
        self.pens[at:at] = [pen] * count
        self.cut(columns)

    def delete(self, at: int, count: int, columns: int, pen: str) -> None:
        """Cells go; what follows moves left."""
        self.part(at)
        self.part(at + count)
        self.cut(columns)
        del self.chars[at : at + count], self.pens[at : at + count]
        missing = columns - len(self.chars)
        self.chars += [" "] * missing
        self.pens += [pen] * missing

    def cut(self, columns: int) -> None:
        """No more than so many cells."""
        self.part(columns)
        del self.chars[columns:], self.pens[columns:]


class Grid:
    """The lines of a screen, and those that have left it at the top."""

    def __init__(self, rows: int, columns: int, history: int = HISTORY_LINES):
        self.rows, self.columns = rows, columns
        self.lines = [Line(columns) for _ in range(rows)]
        self.history: deque[Line] = deque(maxlen=history)

    def scroll_up(self, top: int, bottom: int, count: int, pen: str) -> None:
        """Lines leave at the top of a region, blank ones come in at its bottom."""
        for _ in range(min(count, bottom - top + 1)):
            line = self.lines.pop(top)
            if top == 0 and self.history.maxlen:
                self.history.append(line)
            self.lines.insert(bottom, Line(self.columns, pen))

    def scroll_down(self, top: int, bottom: int, count: int, pen: str) -> None:
        """The other way; what leaves at the bottom is gone."""
        for _ in range(min(count, bottom - top + 1)):
            del self.lines[bottom]
            self.lines.insert(top, Line(self.columns, pen))

    def wipe(self, first: int, last: int, pen: str) -> None:
        """Empty whole lines."""
        for row in range(first, last):
            self.lines[row] = Line(self.columns, pen)

    def resize(self, rows: int, columns: int, row: int) -> int:
        """Another size; return where the row with the cursor is then. Lines are not folded anew:
        what a narrower screen doesn't show is there again when it is widened."""
        spare = len(self.lines) - rows
        if spare > 0:
            above = max(0, row - rows + 1)
            if self.history.maxlen:
                self.history.extend(self.lines[:above])
            self.lines = self.lines[above : above + rows]
            row -= above
        self.lines += [Line(columns) for _ in range(-spare)]
        self.rows, self.columns = rows, columns
        for line in (*self.lines, *self.history):
            line.is_continued = False
            line.widen(columns)
        return min(row, rows - 1)
