"""A session's place on the host: a folder that is there for as long as anything of it may run.

    agent.sock     the agent's address
    sandbox.json   the sandbox's first process, and how far the cluster got
    etc/           the sandbox's own /etc files
    bwrap.log      what bubblewrap or the agent complained about

The folder is made before anything starts and removed after everything has ended, so that a crash
in between leaves a trace.
"""

import contextlib
import fcntl
import json
import re
import secrets
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.engine.runtimes.agent.cgroup import ControlGroup
from portal.engine.runtimes.sandbox.processes import HostProcess

FIRST_UID = 200_000
UIDS_A_SLOT = 1000
SLOTS = 60
SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")


@dataclass(frozen=True, slots=True)
class Note:
    """What the host remembers of a sandbox."""

    pid: int
    started: int
    uid: int
    is_ready: bool = False
    """Whether `up` came to its end."""

    @property
    def process(self) -> HostProcess:
        """The sandbox's first process."""
        return HostProcess(self.pid, self.started)


class Place:
    """The folder of one session."""

    def __init__(self, root: Path, session: str):
        if not SESSION.fullmatch(session):
            raise ValueError(f"{session!r} can't be a session's name")
        self.root, self.session = root, session
        self.folder = root / session
        self.socket = self.folder / "agent.sock"
        self.log = self.folder / "bwrap.log"
        self.etc = self.folder / "etc"
        # Two portals on one host may have sessions of the same name.
        self.group = ControlGroup(f"{zlib.crc32(bytes(root)):08x}-{session}")
        self._slot = zlib.crc32(session.encode()) % SLOTS

    @property
    def note(self) -> Note | None:
        """What was noted; None for a session that isn't there or never got so far."""
        return read_note(self.folder / "sandbox.json")

    def write(self, note: Note) -> None:
        """Note it, whole or not at all. Raises OSError when the session was ended meanwhile."""
        part = self.folder / f"note-{secrets.token_hex(8)}"
        part.write_text(json.dumps(asdict(note)))
        part.replace(self.folder / "sandbox.json")

    @property
    def is_alive(self) -> bool:
        """Whether the sandbox runs."""
        note = self.note
        return note is not None and note.process.is_alive

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Only one at a time starts a session, on this host, in whatever process it is."""
        locks = self.root / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / str(self._slot)).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def free_uid(self) -> int:
        """A user that no other session has. Ask only while `starting`: the lock covers the slot.

        Other portals on this host begin elsewhere in the slot, and most likely don't meet ours.
        """
        first = FIRST_UID + self._slot * UIDS_A_SLOT
        begin = zlib.crc32(bytes(self.root)) % UIDS_A_SLOT
        taken = {note.uid for path in self.root.glob("*/sandbox.json") if (note := read_note(path))}
        uids = (first + (begin + number) % UIDS_A_SLOT for number in range(UIDS_A_SLOT))
        return next(uid for uid in uids if uid not in taken)

    def remove(self) -> None:
        """Remove the folder. Already gone is success."""
        shutil.rmtree(self.folder, ignore_errors=True)


def read_note(path: Path) -> Note | None:
    """Read a note; None if there is none that makes sense."""
    try:
        return Note(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
