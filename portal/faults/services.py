"""What people want of faults, what a worker carries out, and how a diagnosis is judged."""

import logging

from django.utils import timezone

from portal.activities.models import Session
from portal.activities.services.steps import WHY_NOT_READY
from portal.activities.services.wishes import NotNow
from portal.activities.status import SessionStatus
from portal.engine import faults as engine
from portal.engine.errors import ClusterError
from portal.faults import queries
from portal.faults.models import Fault
from portal.runner.runtimes import get_runtime
from portal.runner.services.sleeping import awake

log = logging.getLogger(__name__)
KEPT = 100
"""Faults of a session; older ones that are over make room."""
UNEXPECTED = "The portal failed while it did that. Put everything right, then try again."


def ask(session: Session, wanted: str, by_id: int, *, is_drill: bool = False) -> Fault:
    """The row of a fault that is about to be caused; `wanted` is `deed:target`. Raises NotNow."""
    must_be_ready(session)
    deed, _, target = wanted.partition(":")
    offered = {(each.does.value, each.target) for each in engine.offers(session.spec)}
    if (deed, target) not in offered:
        raise NotNow("This lab's cluster can't have that fault. Choose one from the list.")
    if any(each.is_waiting for each in queries.open_of(session)):
        raise NotNow("Another fault is just being caused. Try again in a moment.")
    if is_drill and any(each.is_drill for each in queries.open_of(session)):
        raise NotNow("A drill is under way in this session already.")
    made = Fault.objects.create(
        session=session,
        generation=session.generation,
        does=deed,
        target=target,
        by_id=by_id,
        is_drill=is_drill,
    )
    make_room(session)
    session.change()
    return made


def make_room(session: Session) -> None:
    """Forget the oldest beyond what is kept."""
    newest = Fault.objects.filter(session=session).order_by("-pk").values_list("pk", flat=True)
    Fault.objects.filter(session=session).exclude(pk__in=list(newest[:KEPT])).delete()


def must_be_ready(session: Session) -> None:
    """Raise NotNow where there is no cluster to do it to."""
    if session.state is not SessionStatus.READY:
        raise NotNow(WHY_NOT_READY[session.state])


def carry_out(fault_id: int) -> None:
    """Cause a fault. Safe to repeat; what was replaced or ended meanwhile is left alone."""
    fault = Fault.objects.select_related("session__version__lab").filter(pk=fault_id).first()
    if fault is None or not fault.is_waiting:
        return
    session = fault.session
    if session.state is not SessionStatus.READY or session.generation != fault.generation:
        note(fault, failed=True, said="The cluster was not up any more.")
        return
    wanted = engine.Fault(fault.deed, fault.target)
    try:
        awake(session)
        runtime = get_runtime(session.runtime)
        said = engine.cause(runtime, session.cluster, session.spec, wanted)
    except ClusterError as error:
        note(fault, failed=True, said=f"{error} {error.advice}")
    except Exception:
        log.exception("fault %s failed", fault.pk)
        note(fault, failed=True, said=UNEXPECTED)
    else:
        note(fault, done_at=timezone.now(), said=said)


def note(fault: Fault, **fields: object) -> None:
    """Save what came of it, and tell the page."""
    Fault.objects.filter(pk=fault.pk).update(**fields)
    fault.session.change()


def keep(session: Session, caused: engine.Fault) -> None:
    """A step of the lab has caused one; one that starts things again closes those."""
    if caused.does is engine.Deed.START:
        close(session, caused.target)
        return
    Fault.objects.create(
        session=session,
        generation=session.generation,
        does=caused.does,
        target=caused.target,
        done_at=timezone.now(),
        said=f"{caused.target} {caused.does.done}.",
    )
    make_room(session)


def put_right(session_id: str, generation: int) -> None:
    """Have everything work again that a fault keeps from it. Safe to repeat."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    if session.state is not SessionStatus.READY or session.generation != generation:
        return
    try:
        awake(session)
        engine.put_right(get_runtime(session.runtime), session.cluster, session.spec)
    except ClusterError as error:
        for fault in queries.open_of(session):
            note(fault, said=f"It could not be put right: {error}")
        return
    close(session)
    session.change()


def close(session: Session, target: str = "") -> None:
    """Note that faults are over: all, or those of one process."""
    found = queries.all_of(session).filter(righted_at=None)
    (found.filter(target=target) if target else found).update(righted_at=timezone.now())


def answer(session: Session, fault_id: int, text: str) -> bool:
    """Take a diagnosis of a drill; whether it is right. Raises NotNow.

    A record that was sent can't be taken back: such a drill is over once it is found.
    """
    must_be_ready(session)
    fault = queries.all_of(session).filter(pk=fault_id, is_drill=True, righted_at=None).first()
    if fault is None or fault.is_waiting:
        raise NotNow("That drill is over.")
    if text not in queries.candidates(session.spec):
        raise NotNow("Choose what you think it is first.")
    is_right = text == fault.target
    over = {"righted_at": timezone.now()} if is_right and not fault.deed.lasts else {}
    note(fault, answer=text, tries=fault.tries + 1, **over)
    return is_right
