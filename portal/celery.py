"""The Celery application: tasks drive sessions and steps on this host's own queue."""

import os
from typing import Any

from celery import Celery, bootsteps

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
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
        from portal.health import beat

        self.timer = parent.timer.call_repeatedly(BEAT_SECONDS, beat, ("worker",))

    def stop(self, parent: Any) -> None:
        """No more."""
        if self.timer is not None:
            self.timer.cancel()


app.steps["consumer"].add(Heartbeat)
