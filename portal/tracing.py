"""One id from a request to the tasks that it queued, in every line of the log on the way.

A request gets one (or brings the one that a trusted proxy gave it), an answer says it, a task's
message carries it in a header. Nothing here needs Django: logging is set up before anything else.
"""

import json
import logging
import re
import secrets
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from celery import signals

log = logging.getLogger(__name__)
HEADER = "sluice_trace"
"""Of a task's message."""
GIVEN = re.compile(rb"[A-Za-z0-9._-]{8,64}")
trace: ContextVar[str] = ContextVar("trace", default="")
about: ContextVar[str] = ContextVar("about", default="")
"""What the task at hand is, and of what: `carry_out 17`."""
NOTHING = "-"


def new() -> str:
    """An id that no other has."""
    return secrets.token_hex(8)


class Filter(logging.Filter):
    """Gives every record the id of what it belongs to."""

    def filter(self, record: logging.LogRecord) -> bool:
        """All pass."""
        record.trace = trace.get() or NOTHING
        record.about = about.get() or NOTHING
        return True


class AsJson(logging.Formatter):
    """A line of JSON for each record."""

    def format(self, record: logging.LogRecord) -> str:
        """The record; what can't be said as JSON is said as text."""
        said = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.processName,
            "thread": record.threadName,
            "trace": getattr(record, "trace", NOTHING),
            "task": getattr(record, "about", NOTHING),
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["error"] = self.formatException(record.exc_info)
        return json.dumps(said, default=str)


class Traced:
    """ASGI: gives each request and socket its id, and an answer the header that says it."""

    def __init__(self, app: Any, *, is_behind_proxy: bool = False):
        self.app = app
        self.is_behind_proxy = is_behind_proxy

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        mark = self.id_of(scope)
        token = trace.set(mark)

        async def saying(message: dict[str, Any]) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", ()), (b"x-request-id", mark.encode())]
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, saying)
        finally:
            trace.reset(token)

    def id_of(self, scope: dict[str, Any]) -> str:
        """The proxy's, if one is trusted and gave one; a client's own is not taken."""
        if self.is_behind_proxy:
            for name, value in scope.get("headers", ()):
                if name == b"x-request-id" and GIVEN.fullmatch(value):
                    return str(value.decode())
        return new()


@signals.before_task_publish.connect
def send_along(headers: dict[str, Any] | None = None, **kwargs: Any) -> None:
    """A task that is queued belongs to whatever queues it."""
    if headers is not None:
        headers[HEADER] = trace.get() or new()


@signals.task_prerun.connect
def take_up(task: Any = None, args: Any = (), **kwargs: Any) -> None:
    """A task begins: what it logs belongs to whoever queued it."""
    trace.set(str(getattr(task.request, HEADER, "") or new()))
    about.set(" ".join([task.name.rpartition(".")[2], *map(str, args)])[:100])
    log.info("%s begins", about.get())


@signals.task_postrun.connect
def lay_down(**kwargs: Any) -> None:
    """It has ended; its thread takes up others."""
    trace.set("")
    about.set("")
