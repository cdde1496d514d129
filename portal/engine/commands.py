"""Commands in what a terminal writes, by the marks that its shell puts around them (OSC 133).

The shell says `633;E;COMMAND` and `133;C` before a command runs, and `133;D;STATUS` after. All of
it is hostile: any program can write the same bytes. So a mark proves nothing, and whatever comes
costs bounded time and memory and ends in texts that any page or database takes.
"""

import re
from dataclasses import dataclass, field, replace

COMMAND_CHARACTERS = 4096
OUTPUT_CHARACTERS = 16 * 1024
TAIL_BYTES = 48 * 1024
"""Of what a command wrote, escapes and all: what is older is left out."""
MARK_BYTES = 20 * 1024
"""A mark that isn't at its end by then is none."""

START = b"\x1b]"
END = re.compile(rb"\x07|\x1b\\|[\x18\x1a]|\x1b(?=[^\\])")
"""Of a mark: as it should end, or as a terminal gives it up."""
SCREEN = re.compile(rb"\x1b\[\?(?:47|1047|1049)h")
SCREEN_LOOKBACK = 8
STATUS = re.compile(r"-?[0-9]{1,6}")
ESCAPED = re.compile(r"\\(\\|x[0-9a-fA-F]{2})")
# Each piece begins with an escape and takes none: so the time it takes grows with the text alone.
ESCAPES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]?|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~]?)"
)
KEPT = "\n\t"


@dataclass(frozen=True, slots=True)
class CommandRan:
    """A command that was typed, with what is known of it: it runs until it has an `ended_at`."""

    id: str
    """The same whenever it is told again."""
    command: str
    started_at: float
    """Seconds since the epoch, by the clock of whoever read it."""
    exit_status: int | None = None
    ended_at: float | None = None
    output: str = ""
    """The end of what it printed, without escapes."""
    is_cut: bool = False
    """There was more output before that."""
    used_screen: bool = False
    """It had the screen for itself, as an editor has: its output says little."""


@dataclass(slots=True)
class Marks:
    """Reads what one terminal writes, piece by piece."""

    epoch: str
    running: CommandRan | None = None
    _rest: bytes = b""
    """The beginning of a mark whose end has not come."""
    _command: str = ""
    _tail: bytearray = field(default_factory=bytearray)
    _is_cut: bool = False
    _used_screen: bool = False

    def read(self, data: bytes, end: int, now: float) -> list[CommandRan]:
        """Take the next piece, which ends at that offset; return the commands that began or ended
        in it, in order."""
        told: list[CommandRan] = []
        data, at = self._rest + data, end - len(data) - len(self._rest)
        self._rest = b""
        place = 0
        while (start := data.find(START, place)) >= 0:
            self._keep(data[place:start])
            found = END.search(data, start + len(START), start + MARK_BYTES)
            if found is None:
                if len(data) - start < MARK_BYTES:
                    self._rest = data[start:]
                    return told
                place = start + len(START)
                continue
            # An escape that begins something else ends this, and is not of it.
            place = found.end() if found[0] != b"\x1b" else found.start()
            if found[0] in (b"\x07", b"\x1b\\"):
                body = data[start + len(START) : found.start()]
                told += self._mark(body, at + found.end(), now)
        rest = data[place:]
        if rest.endswith(b"\x1b"):
            rest, self._rest = rest[:-1], b"\x1b"
        self._keep(rest)
        return told

    def ended(self, now: float) -> list[CommandRan]:
        """The shell has ended, and with it whatever ran."""
        return self._end(None, now)

    def _keep(self, data: bytes) -> None:
        if self.running is None or not data:
            return
        before = bytes(self._tail[-SCREEN_LOOKBACK:])
        self._used_screen = self._used_screen or bool(SCREEN.search(before + data))
        self._tail += data[-TAIL_BYTES:]
        if len(data) > TAIL_BYTES or len(self._tail) > 2 * TAIL_BYTES:
            self._is_cut = True
            del self._tail[:-TAIL_BYTES]

    def _mark(self, body: bytes, at: int, now: float) -> list[CommandRan]:
        number, _, rest = body.partition(b";")
        if number == b"633" and rest.startswith(b"E;"):
            self._command = command_of(rest[2:])
        elif number == b"133" and rest[:1] == b"C":
            told = self._end(None, now)
            self.running = CommandRan(f"{self.epoch}-{at}", self._command, now)
            self._command = ""
            return [*told, self.running]
        elif number == b"133" and rest[:1] in (b"A", b"D"):
            words = rest[2:].decode(errors="replace") if rest[:2] == b"D;" else ""
            status = STATUS.match(words)
            return self._end(int(status[0]) if status else None, now)
        return []

    def _end(self, status: int | None, now: float) -> list[CommandRan]:
        if self.running is None:
            return []
        output = text_of(bytes(self._tail))
        is_cut = self._is_cut or len(output) > OUTPUT_CHARACTERS
        ran = replace(
            self.running,
            exit_status=status,
            ended_at=now,
            output=output[-OUTPUT_CHARACTERS:],
            is_cut=is_cut,
            used_screen=self._used_screen,
        )
        self.running, self._is_cut, self._used_screen = None, False, False
        self._tail.clear()
        return [ran]


def command_of(data: bytes) -> str:
    """A command's text, as the shell has written it into its mark."""
    text = data.decode(errors="replace")
    return plain(ESCAPED.sub(_unescaped, text))[:COMMAND_CHARACTERS]


def _unescaped(found: re.Match[str]) -> str:
    return "\\" if found[1] == "\\" else chr(int(found[1][1:], 16))


def text_of(data: bytes) -> str:
    """What a person read of it: no escapes, and of a line that was written over only its end."""
    text = ESCAPES.sub(b"", data).decode(errors="replace").replace("\r\n", "\n")
    lines = text.split("\n")
    return plain("\n".join(map(_last_written, lines)))


def _last_written(line: str) -> str:
    return next((each for each in reversed(line.split("\r")) if each), "")


def plain(text: str) -> str:
    """Without characters that are none: NULs, controls, halves of pairs."""
    return "".join(each for each in text if each.isprintable() or each in KEPT)
