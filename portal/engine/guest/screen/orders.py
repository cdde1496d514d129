"""What a screen does when it is told to: the orders that programs for xterm give."""

import re
from dataclasses import dataclass, field

from .grid import CELL_CHARACTERS, Grid, width
from .painting import Painting
from .pen import Pen

# Bars and corners, where a program chose them (the VT100's special graphics).
DRAWING = str.maketrans("`abcdefghijklmnopqrstuvwxyz{|}~", "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·")
NARROW = re.compile(r"[ -~\xa0-\xac\xae-\u02ff\u0370-\u0377\u0390-\u0482\u2500-\u259f\ufffd]+")
"""Characters of one column each, of which much is written at once."""
KEPT_MODES = frozenset({1, 9, 12, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 2004})
"""Those that tell how keys and the mouse are sent: kept for whoever comes."""
SCREENS = (47, 1047, 1049)
TAB = 8
REPEATS = 4096
REPLY_BYTES = 512
"""Answers that wait; a flood of questions is not answered."""


@dataclass
class Cursor:
    """Where the next character goes, and how."""

    row: int = 0
    column: int = 0
    is_past: bool = False
    """Behind the last column: the next character begins a line."""
    pen: Pen = field(default_factory=Pen)
    charsets: list[str] = field(default_factory=lambda: ["B", "B"])
    charset: int = 0
    is_in_region: bool = False
    """Rows count from the region's top."""

    def copy(self) -> "Cursor":
        """One like it."""
        return Cursor(
            self.row,
            self.column,
            self.is_past,
            self.pen.copy(),
            list(self.charsets),
            self.charset,
            self.is_in_region,
        )


class Orders(Painting):
    """A screen with its state, order by order. Numbers of -1 were left out."""

    def __init__(self, rows: int, columns: int):
        self.replies = b""
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

    # -- text

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

    # -- controls

    def control(self, character: str) -> None:
        """One of the characters below the blank."""
        cursor = self.cursor
        match character:
            case "\r":
                cursor.column, cursor.is_past = 0, False
            case "\n" | "\x0b" | "\x0c":
                self.feed_line()
            case "\b":
                cursor.column, cursor.is_past = max(0, cursor.column - 1), False
            case "\t":
                self._tab()
            case "\x0e" | "\x0f":
                cursor.charset = int(character == "\x0e")

    def _tab(self) -> None:
        last = self.grid.columns - 1
        after = (at for at in range(self.cursor.column + 1, last) if at in self.tabs)
        self.cursor.column = next(after, last)

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

    def single(self, which: str) -> None:
        """An escape and one character."""
        match which:
            case "7":
                self.save()
            case "8":
                self.restore()
            case "D":
                self.feed_line()
            case "E":
                self.cursor.column = 0
                self.feed_line()
            case "M":
                self._feed_back()
            case "H":
                self.tabs.add(self.cursor.column)
            case "=" | ">":
                self.is_keypad = which == "="
            case "c":
                self.reset(self.grid.rows, self.grid.columns)

    def choose(self, between: str, which: str) -> None:
        """A set of characters; or the test picture."""
        if between in ("(", ")"):
            self.cursor.charsets[between == ")"] = "0" if which == "0" else "B"

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

    # -- orders with numbers

    def order(self, prefix: str, numbers: list[int], between: str, final: str) -> None:
        """One that begins with CSI."""
        first = numbers[0] if numbers and numbers[0] >= 0 else None
        if between == "!" and final == "p":
            self._reset_softly()
        elif between == "$" and final == "p":
            self._reply(f"\x1b[{prefix}{first or 0};0$y")
        elif between:
            return
        elif final in "hl":
            for number in numbers:
                self._set(prefix, number, final == "h")
        elif final == "c":
            if not first:
                self._reply({"": "\x1b[?1;2c", ">": "\x1b[>0;276;0c"}.get(prefix, ""))
        elif prefix:
            return
        elif final == "m":
            self.cursor.pen.tell([max(each, 0) for each in numbers])
        elif final == "n":
            self._report(first)
        elif final == "r":
            self._set_region(numbers)
        elif final in "Hf":
            column = numbers[1] if len(numbers) > 1 and numbers[1] > 0 else 1
            self._move_to_row(first or 1)
            self.move(self.cursor.row, column - 1)
        elif final in "JK":
            self._wipe(final, first or 0)
        else:
            self._do(final, first)

    def _do(self, final: str, first: int | None) -> None:
        count = first or 1
        cursor, grid = self.cursor, self.grid
        line, blank = grid.lines[cursor.row], cursor.pen.blank
        is_inside = self.top <= cursor.row <= self.bottom
        match final:
            case "A" | "F":
                least = self.top if cursor.row >= self.top else 0
                self.move(max(least, cursor.row - count), 0 if final == "F" else cursor.column)
            case "B" | "E" | "e":
                most = self.bottom if cursor.row <= self.bottom else grid.rows - 1
                self.move(min(most, cursor.row + count), 0 if final == "E" else cursor.column)
            case "C" | "a":
                self.move(cursor.row, cursor.column + count)
            case "D":
                self.move(cursor.row, cursor.column - count)
            case "G" | "`":
                self.move(cursor.row, count - 1)
            case "d":
                self._move_to_row(count)
            case "@":
                line.insert(cursor.column, min(count, grid.columns), grid.columns, blank)
            case "P":
                line.delete(cursor.column, min(count, grid.columns), grid.columns, blank)
            case "X":
                line.wipe(cursor.column, min(grid.columns, cursor.column + count), blank)
            case "L" if is_inside:
                grid.scroll_down(cursor.row, self.bottom, count, blank)
            case "M" if is_inside:
                history, grid.history = grid.history, type(grid.history)(maxlen=0)
                grid.scroll_up(cursor.row, self.bottom, count, blank)
                grid.history = history
            case "S":
                grid.scroll_up(self.top, self.bottom, count, blank)
            case "T":
                grid.scroll_down(self.top, self.bottom, count, blank)
            case "b" if self.last:
                self.write(self.last * min(count, REPEATS))
            case "g":
                self.tabs = set() if first == 3 else self.tabs - {cursor.column}
            case "s":
                self.save()
            case "u":
                self.restore()
        if final in "@PX":
            cursor.is_past = False

    def _move_to_row(self, row: int) -> None:
        top, most = (self.top, self.bottom) if self.cursor.is_in_region else (0, self.grid.rows - 1)
        self.move(min(most, top + row - 1), self.cursor.column)

    def _set_region(self, numbers: list[int]) -> None:
        first, last = ([*numbers, -1, -1])[:2]
        top = max(first, 1) - 1
        bottom = (last if 0 < last <= self.grid.rows else self.grid.rows) - 1
        if top < bottom or (top, bottom) == (0, self.grid.rows - 1):
            self.top, self.bottom = top, bottom
            self.move(top if self.cursor.is_in_region else 0, 0)

    def _wipe(self, final: str, which: int) -> None:
        cursor, grid, blank = self.cursor, self.grid, self.cursor.pen.blank
        line = grid.lines[cursor.row]
        if final == "J" and which == 3:
            grid.history.clear()
            return
        if which not in (0, 1, 2):
            return
        start = cursor.column if which == 0 else 0
        end = cursor.column + 1 if which == 1 else grid.columns
        line.cut(grid.columns)
        line.wipe(start, end, blank)
        if which != 1:
            line.is_continued = False
        if final == "J" and which != 1:
            grid.wipe(cursor.row + 1, grid.rows, blank)
        if final == "J" and which != 0:
            grid.wipe(0, cursor.row, blank)
        cursor.is_past = False

    def _set(self, prefix: str, number: int, is_on: bool) -> None:
        match prefix, number:
            case "", 4:
                self.inserts = is_on
            case "?", 6:
                self.cursor.is_in_region = is_on
                self.move(self.top if is_on else 0, 0)
            case "?", 7:
                self.wraps = is_on
            case "?", 25:
                self.is_shown = is_on
            case "?", 1048:
                self.save() if is_on else self.restore()
            case "?", _ if number in SCREENS:
                self._switch(number, is_on)
            case "?", _ if number in KEPT_MODES:
                (self.modes.add if is_on else self.modes.discard)(number)

    def _switch(self, number: int, to_other: bool) -> None:
        """To the screen that editors use, or back."""
        if to_other == self.is_other:
            return
        if to_other:
            if number == 1049:
                self.save()
            self.grid = self.other
            if number != 47:
                self.other.wipe(0, self.other.rows, "")
        else:
            self.grid = self.main
            if number == 1049:
                self.restore()
        self.cursor.is_past = False

    def _reset_softly(self) -> None:
        self.is_shown = self.wraps = True
        self.inserts = self.is_keypad = False
        self.top, self.bottom = 0, self.grid.rows - 1
        self.cursor.pen, self.cursor.charsets, self.cursor.charset = Pen(), ["B", "B"], 0
        self.cursor.is_in_region = False
        self.modes.discard(1)

    def _report(self, what: int | None) -> None:
        if what == 5:
            self._reply("\x1b[0n")
        elif what == 6:
            top = self.top if self.cursor.is_in_region else 0
            self._reply(f"\x1b[{self.cursor.row - top + 1};{self.cursor.column + 1}R")

    def _reply(self, text: str) -> None:
        if len(self.replies) + len(text) <= REPLY_BYTES:
            self.replies += text.encode()

    def take_replies(self) -> bytes:
        """What it answers to what it was asked: to be typed."""
        found, self.replies = self.replies, b""
        return found
