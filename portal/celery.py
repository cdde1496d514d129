"""The Celery application: tasks drive sessions and steps on this host's own queue."""

import os
from typing import Any

from celery import Celery, bootsteps, signals

from portal import (
    broker,
    tracing,  # noqa: F401 - it listens to Celery's signals
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
broker.install()
app = Celery("sluice")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

BEAT_SECONDS = 5.0


class Heartbeat(bootsteps.StartStopStep):
    """Tells that the worker takes up tasks: its timer runs only while it listens to the broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)
    timer: Any = None

    def start(self, parent: Any) -> None:
        """Beat from now on."""
        from portal.heart import heart

        heart.threads = parent.controller.concurrency
        self.timer = parent.timer.call_repeatedly(BEAT_SECONDS, listens)

    def stop(self, parent: Any) -> None:
        """No more."""
        if self.timer is not None:
            self.timer.cancel()


def listens() -> None:
    """The worker listens: say so to whoever asks for its health, inside and outside."""
    from portal.health import beat
    from portal.heart import heart

    heart.listens()
    beat("worker")


@signals.worker_init.connect
def on_init(**kwargs: Any) -> None:
    """A worker, and not another program that queues tasks: give signs of life."""
    from portal.heart import heart

    heart.start()


app.steps["consumer"].add(Heartbeat)
