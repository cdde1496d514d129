"""Tasks: each loads nothing, decides nothing, calls one service. All may be delivered twice."""

from collections.abc import Callable
from typing import Any

from celery import shared_task

from portal.activities import orders
from portal.activities.models import Session
from portal.runner import rehearsal
from portal.runner.services import clusters, pool, preparing, runs, sleeping

OLDER = "portal.activities.tasks."


def task(name: str, older: str = OLDER) -> Callable[[Callable[..., None]], Any]:
    """A task under its name, and under the one by which an older release has queued it."""

    def register(run: Callable[..., None]) -> Any:
        shared_task(name=f"{older}{run.__name__}")(run)
        return shared_task(name=name)(run)

    return register


@task(orders.BRING_UP)
def bring_up(session_id: str) -> None:
    """Start a session's cluster, then have the next in line start."""
    clusters.bring_up(session_id)
    if waiting := clusters.next_in_line(session_id):
        orders.enqueue_again(waiting.host, orders.BRING_UP, waiting.pk)


@task(orders.BRING_DOWN)
def bring_down(session_id: str) -> None:
    """End a session's cluster, and start the next where a reset asked for one."""
    if clusters.bring_down(session_id):
        clusters.bring_up(session_id)


@task(orders.WAKE)
def wake(session_id: str) -> None:
    """Have a session's cluster go on."""
    sleeping.wake(session_id)


@task(orders.FILL_POOL)
def fill_pool(name: str) -> None:
    """Bring a cluster of the pool up."""
    pool.fill(name)


@task(orders.CARRY_OUT)
def carry_out(run_id: int) -> None:
    """Run a step, and queue what run all has next."""
    orders.queue_run(runs.carry_out(run_id))
    for waiting in runs.held_back(run_id):
        orders.enqueue_again(waiting.session.host, orders.CARRY_OUT, waiting.pk)


@task(orders.STOP_SERVER)
def stop_server(run_id: int) -> None:
    """Control-C for a server step."""
    runs.stop_server(run_id)


@task(orders.PUT_FILES)
def put_files(session_id: str) -> None:
    """Write what a student has saved into the cluster."""
    runs.put_files(session_id)


@task(orders.PREPARE_IMAGES)
def prepare_images(preparation_id: int) -> None:
    """Have a host's images, as an admin asked."""
    preparing.prepare(preparation_id)


@task(orders.REHEARSE, older="portal.classroom.tasks.")
def rehearse(session_id: str) -> None:
    """Run a lab from its first step to its last; the session's page shows it meanwhile."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    try:
        for _ in rehearsal.rehearse(session):
            pass
    finally:
        rehearsal.tear_down(session)
