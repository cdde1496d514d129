"""Small labs and clusters to hold a runtime's contract against."""

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import ClusterSpec, LogLine, Progress, Runtime

WITHIN = 60.0
LIMITS = {"memory_mb": 128, "processes": 96, "disk_mb": 16}


def new_session() -> str:
    """A name that no other test has."""
    return f"t-{uuid.uuid4().hex[:12]}"


def service(name: str = "mids", *command: str, **fields: Any) -> dict[str, Any]:
    """A service of the one image that needs nothing but Python."""
    return {"name": name, "image": "mids", "command": command, "limits": LIMITS, **fields}


def lab(*services: Mapping[str, Any]) -> LabSpec:
    """A lab with these services; without any, one that waits for commands."""
    return LabSpec.model_validate(
        {
            "name": "small",
            "title": "Small",
            "summary": "A lab without Kafka.",
            "tools": "mids",
            "services": [*services] or [service()],
            "steps": [
                {"id": "up", "title": "Up", "shows_command": "up", "run": {"kind": "prepare"}}
            ],
        }
    )


def spec(
    session: str, *services: Mapping[str, Any], files: Mapping[str, bytes] | None = None
) -> ClusterSpec:
    """What `up` takes."""
    made = lab(*services)
    return ClusterSpec(session, made.services, made.tools, files or {})


def ready(*command: str, timeout: float = 10.0) -> dict[str, Any]:
    """A service's probe."""
    return {"run": command, "waits_for": "a good word", "timeout": timeout, "usual": 0.1}


@dataclass(frozen=True, slots=True)
class Finished:
    """A command that has ended."""

    status: int | None
    stdout: bytes
    stderr: bytes


@dataclass(frozen=True, slots=True)
class Cluster:
    """A session on a runtime."""

    runtime: Runtime
    session: str

    def up(self, *services: Mapping[str, Any], **fields: Any) -> list[Progress]:
        """Start it and return all its progress."""
        return list(self.runtime.up(spec(self.session, *services, **fields)))

    def run(self, *argv: str, **options: Any) -> Finished:
        """Run a command to its end."""
        execution = self.runtime.exec(self.session, "mids", argv, **options)
        written = {"stdout": bytearray(), "stderr": bytearray()}
        for piece in execution:
            written[piece.stream] += piece.data
        return Finished(execution.exit_status, bytes(written["stdout"]), bytes(written["stderr"]))

    def python(self, code: str, *arguments: str, **options: Any) -> Finished:
        """Run Python to its end."""
        return self.run("python", "-c", code, *arguments, **options)

    def start(self, process: str, *argv: str) -> None:
        """Start a server in the tools' service."""
        self.runtime.start(self.session, "mids", process, argv)

    def lines(self, count: int, since: int = 0, service: str = "mids") -> list[LogLine]:
        """The next `count` lines of a log; fewer if they don't come in time."""
        deadline = time.monotonic() + WITHIN
        lines = self.runtime.logs(
            self.session, service, since, cancelled=lambda: time.monotonic() > deadline
        )
        return list(islice(lines, count))

    def processes(self, mark: str) -> int:
        """How many processes in it have a word in their command line."""
        code = (
            "import glob, os, sys\n"
            "def line(path):\n"
            "    try:\n"
            "        return open(path, 'rb').read()\n"
            "    except OSError:\n"
            "        return b''\n"
            "own = f'/proc/{os.getpid()}/cmdline'\n"
            "paths = [p for p in glob.glob('/proc/[0-9]*/cmdline') if p != own]\n"
            "print(sum(sys.argv[1].encode() in line(p) for p in paths))\n"
        )
        return int(self.python(code, mark).stdout)


def eventually(condition: Callable[[], Any], within: float = WITHIN) -> Any:
    """Wait until a condition holds, and return what it returned. Fails when it never does."""
    deadline = time.monotonic() + within
    while True:
        if value := condition():
            return value
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)
