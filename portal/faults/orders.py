"""What people order of faults: a row, then the task of a worker on the session's host."""

from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser

from portal.activities import orders
from portal.activities.models import Session
from portal.activities.services.wishes import NotNow
from portal.faults import services
from portal.faults.models import Fault

CAUSE = "faults.cause"
PUT_RIGHT = "faults.put_right"


def cause(session: Session, wanted: str, by: AbstractUser, *, is_drill: bool = False) -> Fault:
    """A fault, `deed:target`. Raises NotNow."""
    made = services.ask(session, wanted, by.pk, is_drill=is_drill)
    orders.enqueue(CAUSE, session, made.pk)
    return made


def drill(
    sessions: Iterable[Session], wanted: str, by: AbstractUser
) -> tuple[list[Session], list[str]]:
    """The same fault in each of some sessions: those that have it now, and why others don't."""
    done, refused = [], []
    for session in sessions:
        try:
            cause(session, wanted, by, is_drill=True)
        except NotNow as refusal:
            refused.append(f"{session.owner.get_username()}: {refusal}")
        else:
            done.append(session)
    return done, refused


def put_right(session: Session) -> None:
    """Everything works again. Raises NotNow."""
    services.must_be_ready(session)
    orders.enqueue(PUT_RIGHT, session, session.pk, session.generation)
