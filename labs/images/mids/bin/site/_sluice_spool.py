"""Lines of JSON that the portal's reader in the cluster takes up (`guest/spans.py`).

They are appended to a file that all servers of the cluster share; one that is full is followed by
another with a higher number. Where the reader is away for so long that there are too many, lines
are left out and counted. Nothing is written while there is no file `on`: that is the switch.
"""

import contextlib
import json
import os
import threading

FOLDER = "/tmp/.trace"  # noqa: S108 - the cluster's own
FILE_BYTES = 1 << 20
MOST_FILES = 8
_encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


class Spool:
    """Where this process writes. Safe to use from several threads, and after a fork."""

    def __init__(self, folder=FOLDER):
        self.folder = folder
        self.switch = os.path.join(folder, "on")
        self.fd = -1
        self.begin()
        os.register_at_fork(after_in_child=self.begin)

    def begin(self):
        """Stand anew: of a process that was forked another thread may have had the lock."""
        if self.fd >= 0:
            with contextlib.suppress(OSError):
                os.close(self.fd)
        self.fd, self.lost, self.lock = -1, 0, threading.Lock()

    def is_on(self):
        """Whether anybody wants to be told."""
        try:
            os.stat(self.switch)
        except OSError:
            return False
        return True

    def write(self, kind, **fields):
        """Append a line, whole and at once; a full disk is no reason for a server to end."""
        with contextlib.suppress(Exception), self.lock:
            if not self.has_room():
                self.lost += 1
                return
            if self.lost:
                fields["lost"], self.lost = self.lost, 0
            line = _encode({"k": kind, **fields}) + "\n"
            os.write(self.fd, line.encode("ascii"))

    def has_room(self):
        """Have a file open that is not full."""
        if self.fd >= 0:
            found = os.fstat(self.fd)
            if found.st_size < FILE_BYTES and found.st_nlink:
                return True
            os.close(self.fd)
            self.fd = -1
        names = [name.partition(".") for name in os.listdir(self.folder)]
        numbers = sorted(int(stem) for stem, _, end in names if end == "jsonl" and stem.isdecimal())
        number = numbers[-1] if numbers else 0
        if not numbers or os.stat(self.path(number)).st_size >= FILE_BYTES:
            if len(numbers) >= MOST_FILES:
                return False
            # Higher than any before, also where somebody has emptied the folder.
            number = max(number + 1, now())
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        self.fd = os.open(self.path(number), flags, 0o666)
        return True

    def path(self, number):
        """The file of that number."""
        return os.path.join(self.folder, f"{number}.jsonl")


def now():
    """Whole seconds since the epoch."""
    import time

    return int(time.time())
