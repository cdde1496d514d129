"""Tell what servers note of their requests, for ever: `python -m guest.spans --from 123`.

They append lines to files of a folder that has a file `on` as long as somebody wants them (the
image's `_sluice_spool.py`). A line's number says where it stands: its file's number, and the byte
behind it; so whoever reads anew goes on behind a number. What has been read is removed once another
file has followed it. With `--off` the switch is turned off, and nothing read.

The folder is the student's as well: whatever is in it that is no such file is let be.
"""

import argparse
import contextlib
import os
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from .lines import emit

FOLDER = Path("/tmp/.trace")  # noqa: S108 - inside of the cluster, where students have it too
STEP = 1 << 21
"""More bytes than a file may have: numbers of two files never meet."""
MOST_NUMBER = 1 << 32
LINE_BYTES = 64 * 1024
PIECE_BYTES = 256 * 1024
LINES = 200
LOOK_SECONDS, REST_SECONDS = 0.15, 0.5
"""How often to look for lines; and where there were none for `QUIET_SECONDS`."""
QUIET_SECONDS = 20.0
SWITCH_SECONDS = 5.0
LATE_SECONDS = 1.0
"""For how long a server that was about to write may still write to a file that is full."""


class Spool:
    """The folder, and how far it has been read."""

    def __init__(self, folder: Path, after: int):
        self.folder = folder
        self.file, self.at = divmod(after, STEP)
        self.followed_at = 0.0
        """Since when there is a file behind the present one."""

    def turn(self, is_on: bool) -> None:
        """Have servers write, or not."""
        switch = self.folder / "on"
        if is_on:
            with contextlib.suppress(FileExistsError):
                self.folder.mkdir(mode=0o777)
                self.folder.chmod(0o777)
            with contextlib.suppress(OSError):
                switch.touch()
        else:
            switch.unlink(missing_ok=True)

    def numbers(self) -> list[int]:
        """Those of the files that are there."""
        with contextlib.suppress(OSError):
            stems = [each.stem for each in self.folder.glob("*.jsonl")]
            found = (int(each) for each in stems if each.isdecimal() and len(each) < 12)
            return sorted(each for each in found if each < MOST_NUMBER)
        return []

    def read(self) -> Iterator[tuple[int, bytes]]:
        """Lines that nobody has read, up to a bound, each with its number."""
        numbers = self.numbers()
        if not numbers:
            return
        present = next((each for each in numbers if each >= self.file), numbers[-1])
        if present > self.file:
            self.file, self.at, self.followed_at = present, 0, 0.0
        yield from self.lines()
        if numbers[-1] > self.file:
            self.go_on(numbers)

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Those of the present file."""
        piece = self.piece()
        if b"\n" not in piece and len(piece) >= LINE_BYTES:
            self.at = min(self.at + len(piece), STEP - 1)  # No server writes so long a line.
            return
        for line in piece.splitlines(keepends=True):
            if not line.endswith(b"\n"):
                return
            self.at = min(self.at + len(line), STEP - 1)
            if len(line) <= LINE_BYTES:
                yield self.file * STEP + self.at, line[:-1]

    def piece(self) -> bytes:
        """What comes next in the present file; nothing from what is no plain file."""
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
        try:
            fd = os.open(self.path(self.file), flags)
        except OSError:
            return b""
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode) or self.at >= STEP - 1:
                return b""
            return os.pread(fd, min(PIECE_BYTES, STEP - 1 - self.at), self.at)
        except OSError:
            return b""
        finally:
            os.close(fd)

    def go_on(self, numbers: list[int]) -> None:
        """Leave a file that has been read and that another has followed, and remove it."""
        if b"\n" in self.piece():
            return
        self.followed_at = self.followed_at or time.monotonic()
        if time.monotonic() - self.followed_at < LATE_SECONDS:
            return
        for each in (number for number in numbers if number <= self.file):
            with contextlib.suppress(OSError):
                os.unlink(self.path(each))
        self.file, self.at, self.followed_at = self.file + 1, 0, 0.0

    def path(self, number: int) -> Path:
        """The file of that number."""
        return self.folder / f"{number}.jsonl"


def follow(spool: Spool) -> None:
    """Tell of every line until killed."""
    switch_at = found_at = 0.0
    while True:
        if time.monotonic() >= switch_at:
            spool.turn(is_on=True)
            switch_at = time.monotonic() + SWITCH_SECONDS
        found = [[number, line.decode("ascii", "replace")] for number, line in spool.read()]
        for at in range(0, len(found), LINES):
            emit("spans", lines=found[at : at + LINES])
        if found:
            found_at = time.monotonic()
        else:
            is_quiet = time.monotonic() - found_at > QUIET_SECONDS
            time.sleep(REST_SECONDS if is_quiet else LOOK_SECONDS)


def main(argv: list[str] | None = None) -> int:
    """Run until killed; the reader going away is no error."""
    parser = argparse.ArgumentParser(prog="guest.spans", description=__doc__)
    parser.add_argument("--from", dest="after", type=int, default=0, help="the last number read")
    parser.add_argument("--off", action="store_true", help="turn the switch off")
    options = parser.parse_args(argv)
    spool = Spool(FOLDER, options.after)
    try:
        if options.off:
            spool.turn(is_on=False)
        else:
            follow(spool)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
