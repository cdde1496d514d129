"""Open and close shells; keep what was typed in them, and what they showed."""

from datetime import UTC, datetime
from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db import transaction

from portal.activities import keeping
from portal.activities.models import Session
from portal.activities.signals import acted
from portal.activities.status import SessionStatus
from portal.bucket import bucket
from portal.engine.commands import CommandRan
from portal.live.terminals import Terminal
from portal.terminal import casts
from portal.terminal.models import Recording, Shell, TypedCommand

MOST = 4
"""Shells of a session at once."""
FIRST = "main"
KEPT, KEPT_RECORDINGS = 2000, 8
"""Lines and recordings of a session; older ones make room for new ones."""
RECORDED_BYTES = 2 << 20


class NotNow(Exception):
    """It can't be had; says why, to the student."""


def open_shell(session: Session, service: str) -> Shell:
    """One more shell in a service. Raises NotNow."""
    if session.state is not SessionStatus.READY:
        raise NotNow("The cluster is not up: a terminal needs it.")
    names = [each.name for each in session.spec.services]
    if service not in names:
        raise NotNow(f"There is no service called {service!r}. There are {', '.join(names)}.")
    with transaction.atomic():
        # Two tabs that ask at once come one after the other.
        Session.objects.select_for_update().get(pk=session.pk)
        shells = Shell.objects.filter(session=session, generation=session.generation)
        if shells.count() >= MOST:
            raise NotNow(f"{MOST} terminals are open, as many as a session has. Close one first.")
        taken = set(shells.filter(service=service).values_list("name", flat=True))
        return Shell.objects.create(
            session=session,
            generation=session.generation,
            service=service,
            name=next(each for each in possible() if each not in taken),
        )


def possible() -> list[str]:
    """Names of a service's shells, in the order in which they are given."""
    return [FIRST, *(str(number) for number in range(2, MOST + 1))]


def close_shell(shell: Shell) -> None:
    """It is shown no more. Closed already is success."""
    Shell.objects.filter(pk=shell.pk).delete()


def keep_typed(session: Session, terminal: Terminal, ran: CommandRan) -> TypedCommand | None:
    """Keep a line that began, or has ended. None for one that is known to have ended already."""
    if not ran.command.strip():
        return None
    ended = None if ran.ended_at is None else as_time(ran.ended_at)
    rows = TypedCommand.objects.filter(session=session)
    row, is_new = rows.get_or_create(
        session=session,
        mark=ran.id[:120],
        defaults={
            "generation": terminal.generation,
            "service": terminal.service,
            "name": terminal.name,
            "line": ran.command,
            "began_at": as_time(ran.started_at),
        },
    )
    if not is_new and row.ended_at is not None:
        return None
    TypedCommand.objects.filter(pk=row.pk).update(
        ended_at=ended,
        exit_status=ran.exit_status,
        output=ran.output,
        is_cut=ran.is_cut,
        used_screen=ran.used_screen,
    )
    if is_new:
        keeping.trim(rows.order_by("-pk"), KEPT)
    return row


def as_time(seconds: float) -> datetime:
    """Seconds since the epoch as a row has them."""
    return datetime.fromtimestamp(seconds, UTC)


def keep_recording(session: Session, terminal: Terminal, epoch: str, cast: bytes) -> None:
    """Keep what a terminal has shown so far; what is too long to keep is left out whole.

    Where a bucket does not take it, what it has stays as it was. Raises CastAway then.
    """
    if not cast or len(cast) > RECORDED_BYTES:
        return
    which: dict[str, Any] = {
        "session": session,
        "generation": terminal.generation,
        "service": terminal.service,
        "name": terminal.name,
        "epoch": epoch,
    }
    kept: dict[str, Any] = {"cast": cast, "store": "", "size": len(cast)}
    old = ""
    if there := bucket():
        casts.now_and_then()
        kept |= {"cast": b"", "store": casts.put(there, session.pk, cast)}
        old = Recording.objects.filter(**which).values_list("store", flat=True).first() or ""
    Recording.objects.update_or_create(**which, defaults=kept)
    casts.remove(old)
    keeping.trim(Recording.objects.filter(session=session), KEPT_RECORDINGS)


def note_typist(session: Session, user: AbstractUser, service: str) -> None:
    """Have the account of deeds told that somebody else typed in a session's shell."""
    detail = f"in a terminal of {service}"
    acted.send(sender=Session, session=session, user=user, verb="type", detail=detail)
