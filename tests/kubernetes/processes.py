"""The processes that a cluster is, each with its log; also those that a killed run has left."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from portal.parts.places import PartsError
from tests.kubernetes import network

STOP_SECONDS = 20.0
PAUSE_SECONDS = 0.1
PROGRAMS = ("kubernetes", "containerd")


class Processes:
    """Started in an order, ended in the other; all of them in the cluster's network."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.told: dict[str, list[str]] = {}
        """What each was started with."""

    def start(self, name: str, argv: list[str]) -> None:
        """Start one, its output in `NAME.log`."""
        self.told[name] = argv
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                [*network.INSIDE, *argv],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                env={**os.environ, "PATH": f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"},
                # Control-C is for whoever started the cluster: they end it.
                start_new_session=True,
            )

    def wait(self, name: str, is_ready: Callable[[], bool], seconds: float) -> None:
        """Until it is ready. Raises PartsError when it ends, or isn't in time."""
        deadline = time.monotonic() + seconds
        while not is_ready():
            if self.running[name].poll() is not None or time.monotonic() > deadline:
                raise PartsError(f"{name} did not start: {self.last_words(name)}")
            time.sleep(PAUSE_SECONDS)

    def last_words(self, name: str) -> str:
        """The end of its log."""
        said = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()
        return " / ".join(said[-5:])[-1500:]

    def stop(self, name: str) -> None:
        """End one. Already ended is success."""
        process = self.running.pop(name)
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def start_again(self, name: str) -> None:
        """Start one that was ended, as before."""
        self.start(name, self.told[name])

    def stop_all(self) -> None:
        """End them, the last one first."""
        for name in reversed(list(self.running)):
            self.stop(name)


def end_forgotten(folder: Path) -> None:
    """Kill what an earlier cluster in a folder has left of its parts, and its containers' keepers.

    Raises PartsError.
    """
    deadline = time.monotonic() + STOP_SECONDS
    while pids := parts_in(folder):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise PartsError(f"What an earlier cluster left can't be ended: {pids}")
        time.sleep(PAUSE_SECONDS)


def parts_in(folder: Path) -> list[int]:
    """Our own programs, and containerd's, that were told of the folder."""
    found = []
    for path in Path("/proc").glob("[1-9]*/cmdline"):
        with contextlib.suppress(OSError):
            program, *told = path.read_bytes().split(b"\0")
            is_part = Path(os.fsdecode(program)).name.startswith(PROGRAMS)
            if is_part and any(bytes(folder) in each for each in told):
                found.append(int(path.parent.name))
    return found
