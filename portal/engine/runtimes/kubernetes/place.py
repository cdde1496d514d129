"""What a runner keeps of a session that runs elsewhere: a folder with how to reach its gate.

    pod.json     the pod, where its gate listens, and how far the cluster got
    runner.pem   the runner's key for it, with its certificate
    gate.crt     the gate's certificate

The cluster has all of it, too: a runner that has lost its folder looks there.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from portal.engine.runtimes.agent.folder import SessionFolder
from portal.engine.runtimes.kubernetes.tunnel import Tunnel

NOTE = "pod.json"
RUNNER, GATE = "runner.pem", "gate.crt"


@dataclass(frozen=True, slots=True)
class Note:
    """What the runner remembers of a cluster."""

    lease: str
    uid: str
    """The pod's own: another one of its name has another."""
    host: str
    port: int
    tools: str
    services: tuple[str, ...]
    is_ready: bool = False
    """Whether `up` came to its end."""


class Place(SessionFolder):
    """The folder of one session."""

    @property
    def note(self) -> Note | None:
        """What was noted; None for a session that this runner knows nothing of."""
        try:
            fields = json.loads((self.folder / NOTE).read_text())
            return Note(services=tuple(fields.pop("services")), **fields)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def write(self, note: Note) -> None:
        """Note it, whole or not at all. Raises OSError when the session was ended meanwhile."""
        self.write_whole(NOTE, asdict(note))

    def keep_keys(self, runner: bytes, gate: bytes) -> None:
        """Make the folder, and keep what the gate knows the runner by."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for name, content in ((RUNNER, runner), (GATE, gate)):
            path = self.folder / name
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(content)

    @property
    def keys(self) -> tuple[Path, Path]:
        """The files of both."""
        return self.folder / RUNNER, self.folder / GATE

    def agents(self, note: Note) -> dict[str, Tunnel]:
        """The way to each service's agent."""
        return {each: self.agent(note, each) for each in note.services}

    def agent(self, note: Note, service: str) -> Tunnel:
        """The way to a service's agent; for one that isn't there, to the tools' agent.

        It is for the agent to refuse a service that it doesn't know.
        """
        name = service if service in note.services else note.tools
        return Tunnel(note.host, note.port, name, self.keys, note.lease)
