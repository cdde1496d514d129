"""A session's folder on the host, beside its containers.

    SERVICE.sock        the address of that service's agent
    boot/SERVICE/       what the container sees of it, at /run/sluice, read-only
    cluster.json        its containers, and how far the cluster got

The folder is made before anything starts and removed after everything has ended.
"""

import contextlib
import fcntl
import json
import os
import re
import secrets
import shutil
import socket
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

SLOTS = 60
SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
BACKLOG = 1024
BOOT = "boot.sock"


@dataclass(frozen=True, slots=True)
class Container:
    """What the host remembers of one service's container."""

    id: str
    group: str
    """The folder of its control group; empty where the runner can't see it."""


@dataclass(frozen=True, slots=True)
class Note:
    """What the host remembers of a cluster."""

    lease: str
    tools: str
    containers: dict[str, Container] = field(default_factory=dict)
    """By service."""
    is_ready: bool = False
    """Whether `up` came to its end."""


class Place:
    """The folder of one session."""

    def __init__(self, root: Path, session: str):
        if not SESSION.fullmatch(session):
            raise ValueError(f"{session!r} can't be a session's name")
        self.root, self.session = root, session
        self.folder = root / session
        self._slot = zlib.crc32(session.encode()) % SLOTS

    @property
    def note(self) -> Note | None:
        """What was noted; None for a session that isn't there or never got so far."""
        try:
            fields = json.loads((self.folder / "cluster.json").read_text())
            found = {name: Container(**each) for name, each in fields.pop("containers").items()}
            return Note(containers=found, **fields)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, note: Note) -> None:
        """Note it, whole or not at all. Raises OSError when the session was ended meanwhile."""
        part = self.folder / f"note-{secrets.token_hex(8)}"
        part.write_text(json.dumps(asdict(note)))
        part.replace(self.folder / "cluster.json")

    def socket(self, service: str) -> Path:
        """The address of a service's agent; for a service that isn't one, the tools' agent's.

        It is for the agent to refuse a service that it doesn't know.
        """
        note = self.note
        if note is not None and service not in note.containers:
            service = note.tools
        return self.folder / f"{service}.sock"

    def make(self) -> None:
        """Make the folder; nobody else on the host may look into it."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Only one at a time starts or ends a session, in whatever process of this host it is."""
        locks = self.root / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / str(self._slot)).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def remove(self) -> None:
        """Remove the folder. Already gone is success."""
        shutil.rmtree(self.folder, ignore_errors=True)


class Boot:
    """The handing over of a service's listener to the first process of its container."""

    def __init__(self, place: Place, service: str):
        self.folder = place.folder / "boot" / service
        self.address = place.folder / f"{service}.sock"

    def __enter__(self) -> "Boot":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self._listener = listening(self.address, 0o600)
        # The container's user is nobody on this host.
        self._door = listening(self.folder / BOOT, 0o666)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._door.close()
        (self.folder / BOOT).unlink(missing_ok=True)

    def hand_over(self, rules: bytes, seconds: float) -> bool:
        """Give the listener and a filter to who comes for them; False when nobody does in time."""
        self._door.settimeout(seconds)
        try:
            first, _ = self._door.accept()
            with first:
                # A byte at least has to go with a descriptor.
                socket.send_fds(first, [b"x", rules], [self._listener.fileno()])
        except OSError:
            return False
        return True


def listening(path: Path, mode: int) -> socket.socket:
    """A listening socket, bound by way of its folder: a long path would not fit its address."""
    path.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        made.bind(f"/proc/self/fd/{folder}/{path.name}")
        path.chmod(mode)
        made.listen(BACKLOG)
    except BaseException:
        made.close()
        raise
    finally:
        os.close(folder)
    return made
