"""What pages ask about shells, one function a question."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from django.db.models import QuerySet
from django.utils import timezone

from portal.activities.models import Session
from portal.engine.lab.entered import Entered, Invocation
from portal.terminal.models import Recording, Shell, TypedCommand

ASKS_SECONDS = 30
ASKS = r"curl|telnet|nc"
TALKERS = frozenset({"telnet", "nc", "ncat", "netcat"})
METHODS = "GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS"
PIPED = re.compile(rf"\b(?:{METHODS}) (/[^ \\'\"]{{0,2000}})(?= HTTP/1|\\[rn])")
TYPED = re.compile(rf"^(?:{METHODS}) (/[^ \n]{{0,2000}})(?: HTTP/1\.[01])?\s*$", re.MULTILINE)
NOBODY_LISTENS = 7
"""curl's exit status."""


def shells_of(session: Session) -> list[Shell]:
    """The shells that are open on the session's present cluster, the oldest first."""
    return list(Shell.objects.filter(session=session, generation=session.generation))


def shell_of(session: Session, service: str, name: str) -> Shell | None:
    """The open shell of that name."""
    return Shell.objects.filter(
        session=session, generation=session.generation, service=service, name=name
    ).first()


def recordings_of(session: Session, *, whole: bool = False) -> QuerySet[Recording]:
    """What a session's terminals have shown, the newest first; all of it only if it is wanted."""
    found = Recording.objects.filter(session=session)
    return found if whole else found.defer("cast")


def typed_in(session: Session, most: int) -> list[TypedCommand]:
    """The newest lines that were typed in a session's shells, in order."""
    rows = TypedCommand.objects.filter(session=session).select_related("run").order_by("-pk")
    return list(rows[:most])[::-1]


def typed_on(session: Session) -> QuerySet[TypedCommand]:
    """The lines that were typed on the session's present cluster."""
    return TypedCommand.objects.filter(session=session, generation=session.generation)


def last_words(session: Session) -> str:
    """What became of the newest line that was for a step: the step is done, or why it isn't."""
    row = (
        typed_on(session)
        .exclude(run=None, why_not="")
        .select_related("run__session__version")
        .last()
    )
    if row is None:
        return ""
    if row.run is None:
        return row.why_not
    return f"“{row.run.spec.title}” was done here."


def asked_to_end(session: Session) -> int | None:
    """The newest line, of a moment ago, that would end the cluster; its page asks if it shall."""
    since = timezone.now() - timedelta(seconds=ASKS_SECONDS)
    rows = typed_on(session).filter(ended_at__gt=since, exit_status=0, line__contains="down")
    row = rows.last()
    if row is None or not Entered(row.service, row.line, exit_status=0).ends_cluster:
        return None
    return row.pk


def requests_typed(session: Session) -> tuple[list[str], int]:
    """The path of each request by curl, telnet or nc to the lab's server, and how many found nobody
    listening.

    What loops and scripts ask is counted from the log alone.
    """
    ports = {at[2] for each in session.spec.steps if (at := each.run.server(each)) is not None}
    paths: list[str] = []
    refused = 0
    ended = typed_on(session).filter(ended_at__isnull=False, line__regex=ASKS)
    for row in ended.only("line", "service", "exit_status", "output"):
        entered = Entered(row.service, row.line, output=row.output)
        paths += paths_by_hand(entered, ports)
        found = list(paths_in(entered, ports))
        # Of several only the last one's end is known.
        if row.exit_status == 0 or len(found) == 1:
            paths += found
            refused += row.exit_status == NOBODY_LISTENS
    return paths, refused


def paths_in(entered: Entered, ports: set[int]) -> Iterator[str]:
    """What the curls of a line ask for."""
    for asked in entered.commands:
        if asked.program == "curl" and (path := path_of(asked, ports)):
            yield path


def paths_by_hand(entered: Entered, ports: set[int]) -> list[str]:
    """What was asked over a connection: piped into it, or typed there, which its output echoes."""
    talks = (each for each in entered.commands if each.program in TALKERS)
    if not any(each.argv[-1:] == (str(port),) for each in talks for port in ports):
        return []
    return PIPED.findall(entered.line) or TYPED.findall(entered.output)


def path_of(asked: Invocation, ports: set[int]) -> str:
    """The path of the address that is called; empty for one of no server of the lab's."""
    for word in asked.argv[1:]:
        try:
            url = urlsplit(word if "//" in word else f"//{word}")
            if url.port in ports:
                return (url.path or "/") + (f"?{url.query}" if url.query else "")
        except ValueError:
            continue
    return ""
