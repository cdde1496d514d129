"""How a screen takes characters: where they go, and what moves for them."""

import re

from .cursor import Cursor
from .grid import CELL_CHARACTERS, Grid, width
from .painting import Painting

# Bars and corners, where a program chose them (the VT100's special graphics).
DRAWING = str.maketrans("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")
NARROW = re.compile(r"[ -~\xa0-\xac\xae-\u02ff\u0370-\u0377\u0390-\u0482\u2500-\u259f\ufffd]+")
"""Characters of one column each, of which much is written at once."""
TAB = 8


class Writing(Painting):
    """A screen with its state, and where its cursor is. What is told to it is Orders'."""

    def __init__(self, rows: int, columns: int):
        self.reset(rows, columns)

    def reset(self, rows: int, columns: int) -> None:
        """As when it was switched on."""
        self.main, self.other = Grid(rows, columns), Grid(rows, columns, history=0)
        self.grid = self.main
        self.cursor = Cursor()
        self.saved: dict[bool, Cursor] = {}
        """By whether it is the other screen's."""
        self.top, self.bottom = 0, rows - 1
        self.modes: set[int] = set()
        self.is_shown = self.wraps = True
        self.inserts = False
        self.is_keypad = False
        self.tabs = set(range(0, 1000, TAB))
        self.last = ""

    @property
    def is_plain(self) -> bool:
        """Lines run through from bottom to top, as they do in a shell."""
        whole = self.top == 0 and self.bottom == self.grid.rows - 1
        return whole and self.wraps and not self.inserts

    def resize(self, rows: int, columns: int) -> None:
        """Another size of the window."""
        if (rows, columns) == (self.grid.rows, self.grid.columns):
            return
        for grid in (self.main, self.other):
            saved = self.saved.get(False)
            is_here = grid is self.grid
            row = self.cursor.row if is_here else saved.row if saved else 0
            row = grid.resize(rows, columns, row)
            if is_here:
                self.cursor.row = row
            elif grid is self.main and saved:
                saved.row = row
        self.top, self.bottom = 0, rows - 1
        for cursor in (self.cursor, *self.saved.values()):
            cursor.row = min(cursor.row, rows - 1)
            cursor.column = min(cursor.column, columns - 1)
            cursor.is_past = False

    def write(self, text: str) -> None:
        """Characters, from the cursor on."""
        if self.cursor.charsets[self.cursor.charset] == "0":
            text = text.translate(DRAWING)
        self.last = text[-1]
        if not self.inserts and (text.isascii() or NARROW.fullmatch(text)):
            self._write_narrow(text)
            return
        for character in text:
            self._write_one(character)

    def _write_narrow(self, text: str) -> None:
        cursor, columns = self.cursor, self.grid.columns
        while text:
            self._go_on()
            room = columns - cursor.column
            piece, text = text[:room], text[room:]
            if text and not self.wraps:
                piece, text = piece[:-1] + text[-1], ""
            self.grid.lines[cursor.row].write(cursor.column, piece, cursor.pen.order)
            self._advance(len(piece))

    def _write_one(self, character: str) -> None:
        cursor, line = self.cursor, self.grid.lines[self.cursor.row]
        columns = width(character)
        if columns == 0:
            self._combine(character)
            return
        self._go_on()
        if columns == 2 and cursor.column == self.grid.columns - 1:
            # Half a place is none.
            if not self.wraps:
                return
            cursor.is_past = True
            self._go_on()
        line = self.grid.lines[cursor.row]
        if self.inserts:
            line.insert(cursor.column, columns, self.grid.columns, cursor.pen.blank)
        line.wipe(cursor.column, cursor.column + columns, cursor.pen.order)
        line.chars[cursor.column] = character
        if columns == 2:
            line.chars[cursor.column + 1] = ""
        self._advance(columns)

    def _combine(self, character: str) -> None:
        cursor, line = self.cursor, self.grid.lines[self.cursor.row]
        at = cursor.column if cursor.is_past else cursor.column - 1
        if at > 0 and not line.chars[at]:
            at -= 1
        if at >= 0 and len(line.chars[at]) < CELL_CHARACTERS and not character < "\xa0":
            line.chars[at] += character

    def _go_on(self) -> None:
        """To the next line, if the last character was the last of this one."""
        cursor = self.cursor
        if cursor.is_past and self.wraps:
            self.grid.lines[cursor.row].is_continued = True
            cursor.column = 0
            self.feed_line()
        cursor.is_past = False

    def _advance(self, columns: int) -> None:
        cursor = self.cursor
        cursor.column += columns
        if cursor.column >= self.grid.columns:
            cursor.column, cursor.is_past = self.grid.columns - 1, self.wraps

    def feed_line(self) -> None:
        """Down, or up with all lines above."""
        if self.cursor.row == self.bottom:
            self.grid.scroll_up(self.top, self.bottom, 1, self.cursor.pen.blank)
        else:
            self.cursor.row = min(self.cursor.row + 1, self.grid.rows - 1)
        self.cursor.is_past = False

    def _feed_back(self) -> None:
        if self.cursor.row == self.top:
            self.grid.scroll_down(self.top, self.bottom, 1, self.cursor.pen.blank)
        else:
            self.cursor.row = max(self.cursor.row - 1, 0)
        self.cursor.is_past = False

    def save(self) -> None:
        """Keep the cursor."""
        self.saved[self.is_other] = self.cursor.copy()

    def restore(self) -> None:
        """The cursor as it was kept."""
        self.cursor = self.saved.get(self.is_other, Cursor()).copy()
        self.cursor.row = min(self.cursor.row, self.grid.rows - 1)
        self.cursor.column = min(self.cursor.column, self.grid.columns - 1)

    def move(self, row: int, column: int) -> None:
        """The cursor there, or as near as can be."""
        self.cursor.row = max(0, min(row, self.grid.rows - 1))
        self.cursor.column = max(0, min(column, self.grid.columns - 1))
        self.cursor.is_past = False
