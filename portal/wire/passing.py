"""What was typed over a connection does the step that asks for it, as its button would.

Nothing turns red by it: what did not do the step leaves no run.
"""

from collections.abc import Iterable

from django.utils import timezone

from portal.activities import queries
from portal.activities.models import Session
from portal.activities.services import steps
from portal.activities.status import SessionStatus, StepStatus
from portal.engine.errors import ClusterError
from portal.engine.kinds.job import Job
from portal.engine.kinds.perform import judge
from portal.engine.lab.entered import Entered
from portal.engine.lab.step import StepSpec
from portal.engine.runtimes.base import Runtime
from portal.wire.models import Exchange


def consider(session: Session, exchange: Exchange, runtime: Runtime) -> None:
    """See which step an exchange that is over has done, if any."""
    session.refresh_from_db()
    if session.state is not SessionStatus.READY:
        return
    for step in candidates(session, exchange):
        job = Job(
            runtime=runtime,
            session=session.cluster,
            lab=session.spec,
            step=step,
            params={},
            write=lambda stream, data: None,
            cancelled=lambda: False,
            began=exchange.created_at.timestamp(),
        )
        try:
            judge(job, entered_of(step, exchange))
        except ClusterError:
            continue
        keep(session, step, exchange)
        return


def candidates(session: Session, exchange: Exchange) -> Iterable[StepSpec]:
    """The steps that speak to the same server, and can be done now."""
    done = queries.newest_good_ids(session)
    place = (exchange.service, exchange.host, exchange.port)
    for step in queries.steps_shown(session):
        if step.run.serves or step.run.server(step) != place or step.id in done:
            continue
        if not queries.missing_steps(session, step):
            yield step


def entered_of(step: StepSpec, exchange: Exchange) -> Entered:
    """The exchange as if it had been typed into what the step opens."""
    return Entered(
        service=exchange.service,
        line=step.shows_command,
        began=exchange.created_at.timestamp(),
        exit_status=0,
        output=text_of(exchange.response),
    )


def text_of(data: bytes | memoryview) -> str:
    """Bytes as text that a database can hold."""
    return bytes(data).decode("utf-8", "replace").replace("\0", "\u2400")


def keep(session: Session, step: StepSpec, exchange: Exchange) -> None:
    """The step is done: a run of it, which says what was typed."""
    run = steps.begin_typed(
        session,
        session.generation,
        step,
        params={"request": text_of(exchange.request)},
        started_at=exchange.created_at,
        output=text_of(exchange.response),
    )
    if run is None:
        return
    Exchange.objects.filter(pk=exchange.pk).update(step_run=run)
    run.move(StepStatus.PASSED, finished_at=timezone.now())
