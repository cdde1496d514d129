"""A session's folder on the host, beside its containers.

    SERVICE.sock        the address of that service's agent
    boot/SERVICE/       what the container sees of it, at /run/sluice, read-only
    own/SERVICE/        where an agent under a kernel of its own makes its socket, until it has
    cluster.json        its containers, and how far the cluster got

The folder is made before anything starts and removed after everything has ended.
"""

import json
import os
import socket
import stat
from dataclasses import asdict, dataclass, field
from pathlib import Path

from portal.engine.runtimes.agent.folder import SessionFolder

BACKLOG = 1024
BOOT = "boot.sock"
AGENT = "agent.sock"
OWN_SECONDS = 30.0


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


class Place(SessionFolder):
    """The folder of one session."""

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
        self.write_whole("cluster.json", asdict(note))

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


class Boot:
    """The handing over of a service's listener to the first process of its container.

    `is_apart` is for a container with a kernel of its own, which can't take one that listens: its
    agent makes its own in `own`, and that becomes the service's address.
    """

    def __init__(self, place: Place, service: str, is_apart: bool = False):
        self.folder = place.folder / "boot" / service
        self.own = place.folder / "own" / service if is_apart else None
        self.address = place.folder / f"{service}.sock"

    def __enter__(self) -> "Boot":
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        self._listener = None
        if self.own is None:
            self._listener = listening(self.address, 0o600)
        else:
            self.own.mkdir(parents=True, exist_ok=True)
            (self.own / AGENT).unlink(missing_ok=True)
            self.own.chmod(0o777)
        # The container's user is nobody on this host.
        self._door = listening(self.folder / BOOT, 0o666)
        return self

    def __exit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        self._door.close()
        (self.folder / BOOT).unlink(missing_ok=True)
        if self.own is not None:
            # Nobody's code has run there yet, and none may make files on the host.
            self.own.chmod(0o555)

    def hand_over(self, rules: bytes, seconds: float) -> bool:
        """Give a listener and a filter to who comes for them; False when nobody does in time."""
        self._door.settimeout(seconds)
        try:
            first, _ = self._door.accept()
            with first:
                fds = [] if self._listener is None else [self._listener.fileno()]
                # A byte at least has to go with a descriptor.
                socket.send_fds(first, [b"x", rules], fds)
                return self.own is None or self._take(first, self.own / AGENT)
        except OSError:
            return False

    def _take(self, first: socket.socket, made: Path) -> bool:
        """Make the socket that the first process made the service's address.

        By a second name for the very file: what becomes of the first one is then all the same.
        """
        first.shutdown(socket.SHUT_WR)
        first.settimeout(OWN_SECONDS)
        if not first.recv(1) or not stat.S_ISSOCK(made.lstat().st_mode):
            return False
        self.address.unlink(missing_ok=True)
        os.link(made, self.address, follow_symlinks=False)
        return stat.S_ISSOCK(self.address.lstat().st_mode)


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
