"""What people order: a wish in rows, then the task of a worker that carries it out.

An order is a service and its task, so that no caller has to remember the second. Tasks are queued
by name, once the rows are committed: what carries them out stands beside clusters, above this.
"""

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from portal.activities import queries, waiting
from portal.activities.models import Host, Preparation, Session, StepRun
from portal.activities.services import code, forgetting, preparing, sessions, steps
from portal.activities.status import StepStatus
from portal.catalog.models import LabVersion
from portal.engine.lab.step import StepSpec

log = logging.getLogger(__name__)
BRING_UP = "runner.bring_up"
BRING_DOWN = "runner.bring_down"
CARRY_OUT = "runner.carry_out"
STOP_SERVER = "runner.stop_server"
PUT_FILES = "runner.put_files"
PREPARE_IMAGES = "runner.prepare_images"
REHEARSE = "runner.rehearse"
WAKE = "runner.wake"
FILL_POOL = "runner.fill_pool"
READY_SECONDS = 10.0


def launch(owner_id: int, version: LabVersion) -> tuple[Session, bool]:
    """A session and its cluster, or the live one that there is; the second value: it is new."""
    session, is_new = sessions.launch(owner_id, version)
    if is_new:
        enqueue(BRING_UP, session, session.pk)
    return session, is_new


def rehearse(owner_id: int, version: LabVersion) -> Session:
    """An author's try of a version, from its first step to its last."""
    session, _ = sessions.launch(owner_id, version, is_rehearsal=True)
    enqueue(REHEARSE, session, session.pk)
    return session


def reset(session: Session) -> None:
    """A new cluster for the session. Raises NotNow."""
    if sessions.reset(session):
        enqueue(BRING_DOWN, session, session.pk)


def tear_down(session: Session, reason: str = "student") -> None:
    """The end of its cluster. Where its host is silent nobody can end that, and the session ends:
    should the host come back, its reconciler ends the cluster."""
    if queries.silent_host(session):
        forgetting.end(session)
    elif sessions.tear_down(session, reason):
        enqueue(BRING_DOWN, session, session.pk)


def come(session: Session) -> None:
    """Somebody has it open: its cluster is to be awake."""
    sessions.come(session)
    wake(session)


def wake(session: Session) -> None:
    """Its cluster, if it was asleep when the row was read; what fell asleep since the reconciler
    wakes, for whoever has come."""
    if session.asleep_since:
        enqueue(WAKE, session, session.pk)


def run_step(session: Session, step: StepSpec, chosen: Mapping[str, str]) -> StepRun:
    """A step with what the student chose; one that is under way stays as it is. Raises NotNow."""
    run, is_new = steps.request(session, step, chosen)
    if is_new:
        enqueue(CARRY_OUT, session, run.pk)
    return run


def restart_step(session: Session, step: StepSpec) -> None:
    """A server's step once more, with what was saved since. Raises NotNow."""
    run, is_new = steps.request_anew(session, step)
    if is_new:
        enqueue(CARRY_OUT, session, run.pk)


def run_all(session: Session) -> None:
    """Each step that has not passed yet, one after the other. Raises NotNow."""
    queue_run(steps.run_all(session))


def run_next(session: Session) -> None:
    """What run all has next, if it is not done or was ended."""
    queue_run(steps.next_run(session))


def queue_run(run: StepRun | None) -> None:
    """Have a run carried out, if there is one."""
    if run is not None:
        enqueue(CARRY_OUT, run.session, run.pk)


def stop_step(session: Session, step_id: str) -> None:
    """Control-C: cancel what runs, stop what serves. Nothing to stop is success."""
    for run in session.runs.filter(step_id=step_id):
        if run.state is StepStatus.SERVING:
            steps.stop(run)
            enqueue(STOP_SERVER, session, run.pk)
        elif run.state.is_active and run.spec.run.move is not None:
            tear_down(session)  # A launch is cancelled by ending the session that it launches.
        elif run.state.is_active:
            steps.cancel(run)


def save_file(session: Session, path: str, content: str) -> None:
    """A file of the lab's with a student's text, in the cluster too. Raises NotNow."""
    code.save(session, path, content)
    enqueue(PUT_FILES, session, session.pk)


def reset_file(session: Session, path: str) -> None:
    """The lab's own text of a file, in the cluster too."""
    code.reset(session, path)
    enqueue(PUT_FILES, session, session.pk)


def prepare_images(host: Host, asked_by: str) -> tuple[Preparation, bool]:
    """A host's images; or the preparation that is under way, when the second value is False."""
    preparation, is_new = preparing.request(host, asked_by)
    if is_new:
        enqueue_on(host.name, PREPARE_IMAGES, preparation.pk)
    return preparation, is_new


def enqueue(task: str, session: Session, *args: Any) -> None:
    """Queue a task on the session's host, once what it will read is committed."""
    enqueue_on(session.host, task, *args)


def enqueue_on(host: str, task: str, *args: Any) -> None:
    """Queue a task that is a host's own."""
    waiting.note(host, task, args)
    send(task, args=args, queue=f"host.{host}")


def enqueue_again(host: str, task: str, *args: Any) -> None:
    """Queue a task that may have been lost, unless it waits still: workers may only be busy."""
    if not waiting.waits(host, task, args):
        enqueue_on(host, task, *args)


def send(task: str, *, args: tuple[Any, ...], queue: str) -> None:
    """Put it into the queue, once what is being written is committed."""
    transaction.on_commit(partial(put, task, args, queue))


def get_ready() -> bool:
    """Open and load what a process's first order would wait for; False where there is no broker.

    That is a third of a claim from the pool, and nobody's click should pay for it.
    """
    try:
        with current_app.producer_or_acquire() as producer:
            producer.connection.ensure_connection(max_retries=1, timeout=READY_SECONDS)
            return producer.channel is not None
    except (OperationalError, RedisError, OSError) as error:
        log.info("the broker does not answer yet: %s", error)
        return False


def put(task: str, args: tuple[Any, ...], queue: str) -> None:
    """Put it into the queue. Where that fails nothing is lost: its row says what is wanted."""
    try:
        current_app.send_task(task, args=args, queue=queue)
    except (OperationalError, RedisError, OSError) as error:
        # It doesn't wait there: the reconciler may ask for it.
        waiting.begun(queue.removeprefix("host."), task, args)
        log.warning("%s%s could not be queued, and is asked for again later: %s", task, args, error)
