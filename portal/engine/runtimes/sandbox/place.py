"""A session's place on the host: a folder that is there for as long as anything of it may run.

    agent.sock     the agent's address
    sandbox.json   the sandbox's first process, and how far the cluster got
    etc/           the sandbox's own /etc files
    bwrap.log      what bubblewrap or the agent complained about

The folder is made before anything starts and removed after everything has ended, so that a crash
in between leaves a trace.
"""

import json
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.engine.runtimes.agent.cgroup import ControlGroup
from portal.engine.runtimes.agent.folder import SessionFolder
from portal.engine.runtimes.sandbox.processes import HostProcess

FIRST_UID = 200_000
UIDS_A_SLOT = 1000


@dataclass(frozen=True, slots=True)
class Note:
    """What the host remembers of a sandbox."""

    pid: int
    started: int
    uid: int
    is_told: bool = False
    """Whether its agent was told what it serves; if not, its launch was cut off."""
    is_ready: bool = False
    """Whether `up` came to its end."""

    @property
    def process(self) -> HostProcess:
        """The sandbox's first process."""
        return HostProcess(self.pid, self.started)

    @property
    def can_be_adopted(self) -> bool:
        """Whether it runs and is whole: what a launch has still to do, the next one can do."""
        # Of what is ready, releases that noted nothing else had told it.
        return (self.is_told or self.is_ready) and self.process.is_alive


class Place(SessionFolder):
    """The folder of one session."""

    def __init__(self, root: Path, session: str):
        super().__init__(root, session)
        self.socket = self.folder / "agent.sock"
        self.log = self.folder / "bwrap.log"
        self.etc = self.folder / "etc"
        # Two portals on one host may have sessions of the same name.
        self.group = ControlGroup(f"{zlib.crc32(bytes(root)):08x}-{session}")

    @property
    def note(self) -> Note | None:
        """What was noted; None for a session that isn't there or never got so far."""
        return read_note(self.folder / "sandbox.json")

    def write(self, note: Note) -> None:
        """Note it, whole or not at all. Raises OSError when the session was ended meanwhile."""
        self.write_whole("sandbox.json", asdict(note))

    @property
    def is_alive(self) -> bool:
        """Whether the sandbox runs."""
        note = self.note
        return note is not None and note.process.is_alive

    def free_uid(self) -> int:
        """A user that no other session has. Ask only while `starting`: the lock covers the slot.

        Other portals on this host begin elsewhere in the slot, and most likely don't meet ours.
        """
        first = FIRST_UID + self.slot * UIDS_A_SLOT
        begin = zlib.crc32(bytes(self.root)) % UIDS_A_SLOT
        taken = {note.uid for path in self.root.glob("*/sandbox.json") if (note := read_note(path))}
        uids = (first + (begin + number) % UIDS_A_SLOT for number in range(UIDS_A_SLOT))
        return next(uid for uid in uids if uid not in taken)


def read_note(path: Path) -> Note | None:
    """Read a note; None if there is none that makes sense."""
    try:
        return Note(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None
