"""A Redis and a worker of their own, to break: no portal, no clusters."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.environment import ROOT
from tests.faults.student import eventually
from tests.portal_process import environment

AGAIN_SECONDS = 30.0


@dataclass
class Stand:
    """A Redis and a worker of their own, and the folder that both have."""

    folder: Path
    redis: "subprocess.Popen[bytes]"
    worker: "subprocess.Popen[bytes] | None" = None

    @property
    def env(self) -> dict[str, str]:
        """What the worker and whoever queues something run in."""
        return {**environment(self.folder, 0), "DJANGO_SETTINGS_MODULE": "portal.settings"}

    def watch(self) -> None:
        """Start a worker, and what watches over it."""
        argv = [sys.executable, "-m", "portal.watching", "worker"]
        argv += [sys.executable, "-m", "celery"]
        argv += ["-A", "tests.faults.napping", "worker"]
        argv += ["--pool", "threads", "--concurrency", "4", "--loglevel", "INFO"]
        argv += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        with (self.folder / "worker.log").open("ab") as log:
            self.worker = subprocess.Popen(
                argv, env=self.env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )

    def queue(self, seconds: float, mark: str, task: str = "nap") -> None:
        """Queue a task, in a process of its own."""
        name = f"tests.faults.napping import {task} as task"
        code = f"from {name}; task.delay({seconds}, {self.mark(mark)!r})"
        subprocess.run([sys.executable, "-c", code], env=self.env, cwd=ROOT, check=True, timeout=30)

    def mark(self, name: str) -> str:
        """The path of a task's marks."""
        return str(self.folder / name)

    def has(self, name: str) -> Callable[[], bool]:
        """Whether a mark has been left."""
        return (self.folder / name).exists


def start_redis(folder: Path) -> "subprocess.Popen[bytes]":
    """A Redis that keeps what it has, as the portal's own does; it answers."""
    (folder / "run").mkdir(exist_ok=True)
    socket = folder / "run" / "redis.sock"
    argv = ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", ""]
    argv += ["--appendonly", "yes", "--dir", str(folder)]
    server = subprocess.Popen(argv, stdout=subprocess.DEVNULL)
    ping = ["redis-cli", "-s", str(socket), "ping"]
    eventually(lambda: b"PONG" in subprocess.run(ping, capture_output=True).stdout, 60, "Redis")
    return server


@contextmanager
def standing(folder: Path) -> Iterator[Stand]:
    """A worker that waits for tasks, watched over as the portal's own is."""
    made = Stand(folder, start_redis(folder))
    made.watch()
    yield made
    assert made.worker is not None
    made.worker.kill()
    made.worker.wait()
    made.redis.send_signal(signal.SIGCONT)
    made.redis.kill()
    made.redis.wait()
    print((folder / "worker.log").read_text()[-3000:])
