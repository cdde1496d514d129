"""A terminal as a student has: what is typed goes in, and what shows up is waited for."""

import os
import pty
import re
import select
import signal
import subprocess
import termios
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

ESCAPES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]|\x1b[=>]|\r")
SECONDS = 120.0
ENTER = "\r"
PROMPT = r"^>>> $"
"""Of pyspark, when it waits for lines."""
TABLE = r"^\+-+\+\n(\|.*\n)+\+-+\+\n(.*\n)*>>> $"
"""What `show()` prints, and then the prompt."""


class Terminal:
    """A window in which a shell command runs."""

    def __init__(self, command: str, folder: Path, environment: Mapping[str, str]) -> None:
        self.command = command
        self.shown = b""
        self.ours, theirs = pty.openpty()
        termios.tcsetwinsize(theirs, (50, 200))
        self.process = subprocess.Popen(
            ["bash", "-c", command],
            cwd=folder,
            env={**os.environ, **environment, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            preexec_fn=make_it_the_terminal,
        )
        os.close(theirs)

    @property
    def text(self) -> str:
        """What has shown up, without colours."""
        return ESCAPES.sub(b"", self.shown).decode(errors="replace")

    def press(self, text: str) -> None:
        """Press these keys."""
        os.write(self.ours, text.encode())

    def until(self, pattern: str, seconds: float = SECONDS) -> "Terminal":
        """Wait until this shows up."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.text, re.MULTILINE):
            assert self._read(deadline), f"{pattern!r} never came: $ {self.command}\n{self.text}"
        return self

    def end(self, seconds: float = SECONDS) -> int:
        """Wait until the command is done; its exit status."""
        deadline = time.monotonic() + seconds
        while self._read(deadline):
            pass
        assert time.monotonic() < deadline, f"it never ended: $ {self.command}\n{self.text}"
        return self.process.wait(timeout=SECONDS)

    def _read(self, deadline: float) -> bool:
        """Take in what came; False at the end, or when the time is up."""
        if not select.select([self.ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return False
        try:
            piece = os.read(self.ours, 65536)
        except OSError:  # A terminal whose last program has ended.
            return False
        self.shown += piece
        return bool(piece)

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the window, and what runs in it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        os.close(self.ours)


def make_it_the_terminal() -> None:
    """So that control-C reaches what runs in it."""
    import fcntl

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
