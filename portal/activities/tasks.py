"""Tasks: each loads nothing, decides nothing, calls one service. All may be delivered twice."""

from typing import Any

from celery import shared_task

from portal.activities import waiting
from portal.activities.models import Session
from portal.activities.services import clusters, preparing, runs


def enqueue(task: Any, session: Session, *args: Any) -> None:
    """Queue a task on the session's host, once what it will read is committed."""
    enqueue_on(session.host, task, *args)


def enqueue_on(host: str, task: Any, *args: Any) -> None:
    """Queue a task that is a host's own."""
    waiting.note(host, task.name, args)
    task.apply_async_on_commit(args=args, queue=f"host.{host}")


def enqueue_again(host: str, task: Any, *args: Any) -> None:
    """Queue a task that may have been lost, unless it waits still: workers may only be busy."""
    if not waiting.waits(host, task.name, args):
        enqueue_on(host, task, *args)


@shared_task
def bring_up(session_id: str) -> None:
    """Start a session's cluster."""
    clusters.bring_up(session_id)


@shared_task
def bring_down(session_id: str) -> None:
    """End a session's cluster, and start the next where a reset asked for one."""
    if clusters.bring_down(session_id):
        clusters.bring_up(session_id)


@shared_task
def carry_out(run_id: int) -> None:
    """Run a step, and queue what run all has next."""
    following = runs.carry_out(run_id)
    if following is not None:
        enqueue(carry_out, following.session, following.pk)


@shared_task
def stop_server(run_id: int) -> None:
    """Control-C for a server step."""
    runs.stop_server(run_id)


@shared_task
def put_files(session_id: str) -> None:
    """Write what a student has saved into the cluster."""
    runs.put_files(session_id)


@shared_task
def prepare_images(preparation_id: int) -> None:
    """Have a host's images, as an admin asked."""
    preparing.prepare(preparation_id)
