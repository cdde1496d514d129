"""What a screen does when it is told to: the orders that programs for xterm give."""

from .pen import Pen
from .writing import Writing

KEPT_MODES = frozenset({1, 9, 12, 66, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 2004})
"""Those that tell how keys and the mouse are sent: kept for whoever comes."""
SCREENS = (47, 1047, 1049)
REPEATS = 4096
REPLY_BYTES = 512
"""Answers that wait; a flood of questions is not answered."""


class Orders(Writing):
    """A screen with its state, order by order. Numbers of -1 were left out."""

    def __init__(self, rows: int, columns: int):
        super().__init__(rows, columns)
        self.replies = b""

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
