"""A runner's host for tests: its runtime, and the tasks that wait on its queue."""

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Protocol

from celery import current_app
from django.db.models import Model
from django.utils import timezone

from portal.activities.models import Session
from portal.engine.runtimes.base import (
    Cancelled,
    ClusterSpec,
    Execution,
    Image,
    Progress,
    Runtime,
)
from portal.engine.runtimes.fake import FakeRuntime, Reply
from portal.runner.runtimes import get_runtime

current_app.loader.import_default_modules()
tasks = current_app.tasks
EXCHANGE = {
    "type": "exchange",
    "response": base64.b64encode(b"HTTP/1.1 200 OK\r\n\r\n").decode(),
    "connect_seconds": 0.1,
    "first_byte_seconds": 0.1,
    "total_seconds": 0.1,
    "ended": "complete",
}
GUESTS = {"guest.cell": {"type": "done", "seconds": 0.1}, "guest.http_raw": EXCHANGE}
"""What the portal's own programs in a cluster say."""


class MeddlingRuntime(FakeRuntime):
    """Something else happens, once, while a cluster comes up, goes down or runs a command."""

    def __init__(
        self,
        *,
        up: Callable[[], Any] = list,
        down: Callable[[], Any] = list,
        command: Callable[[], Any] = list,
    ):
        super().__init__()
        self.meanwhile = {"up": up, "down": down, "command": command}
        self.launches: list[str] = []
        self.ends: list[str] = []

    def meddle(self, what: str) -> None:
        """Do what is to happen meanwhile."""
        happens, self.meanwhile[what] = self.meanwhile[what], list
        happens()

    def up(self, spec: ClusterSpec, **options: Any) -> Iterator[Progress]:
        self.launches.append(spec.session)
        return super().up(spec, **options)

    def wait_for(self, session: str, service: str, cancelled: Cancelled) -> None:
        self.meddle("up")
        super().wait_for(session, service, cancelled)

    def exec(self, *args: Any, **options: Any) -> Execution:
        self.meddle("command")
        return super().exec(*args, **options)

    def down(self, session: str) -> None:
        self.ends.append(session)
        self.meddle("down")
        super().down(session)


class Host:
    """Holds what a test wants to look at or to break."""

    def __init__(self) -> None:
        self.runtime = FakeRuntime(replies=self.reply)
        self.queued: list[tuple[Any, tuple[Any, ...]]] = []
        self.replies: dict[str, Reply] = {}
        """What a command answers, by a word of it."""

    def use(self, runtime: FakeRuntime) -> FakeRuntime:
        """From now on this host's runtime is another."""
        runtime.replies = self.reply
        self.runtime = runtime
        get_runtime.cache_clear()
        return runtime

    def reply(self, service: str, argv: tuple[str, ...]) -> Reply:
        """A port answers while a server runs; the portal's own programs say what they say."""
        if "probe" in argv:
            return Reply(status=0 if self.serves() else 1)
        for word, reply in self.replies.items():
            if any(word in each for each in argv):
                return reply
        for program, message in GUESTS.items():
            if program in argv:
                return Reply(stdout=json.dumps(message).encode() + b"\n")
        return Reply(stdout=b"done\n")

    def serves(self) -> bool:
        """Whether a server that a step started runs in any cluster."""
        return any(
            each.is_running and each.name == "flask"
            for cluster in self.runtime.clusters.values()
            for each in cluster.processes.values()
        )

    def enqueue(self, task: str, session: Session, *args: Any) -> None:
        """In place of `orders.enqueue`."""
        self.queued.append((tasks[task], args))

    def enqueue_again(self, host: str, task: str, *args: Any) -> None:
        """In place of `orders.enqueue_again`."""
        if (tasks[task], args) not in self.queued:
            self.queued.append((tasks[task], args))

    def names(self) -> list[str]:
        """The waiting tasks' names."""
        return [task.run.__name__ for task, _ in self.queued]

    def deliver(self) -> None:
        """Do what waits, and what that queues, until nothing does."""
        while self.queued:
            task, args = self.queued.pop(0)
            task(*args)


class HasRuntime(Protocol):
    """A host, or a cluster alone."""

    @property
    def runtime(self) -> Runtime:
        """What runs its clusters."""


def runtimes_of(host: HasRuntime, *names: str) -> dict[str, Any]:
    """`SLUICE_RUNTIMES` as an operator writes them, of a host whose runtime a test has chosen."""
    chosen = {"BACKEND": f"{__name__}.chosen_runtime", "OPTIONS": {"host": host}}
    return dict.fromkeys(names, chosen)


def chosen_runtime(*, images: Mapping[str, Image], host: HasRuntime) -> Runtime:
    """What the settings' dotted path leads to."""
    return host.runtime


def age(row: Model, minutes: float, *fields: str) -> None:
    """Make a row's moments lie that much further back."""
    row.refresh_from_db()
    past = {
        name: (getattr(row, name) or timezone.now()) - timedelta(minutes=minutes) for name in fields
    }
    type(row)._default_manager.filter(pk=row.pk).update(**past)
    row.refresh_from_db()
