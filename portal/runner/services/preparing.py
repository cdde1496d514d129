"""Prepare a host's images, as an admin asked."""

import contextlib
import logging
import time
from typing import Any

from django.utils import timezone

from portal.activities.models import Preparation
from portal.activities.services.failing import as_fields
from portal.activities.status import StepStatus
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import Built
from portal.runner import images
from portal.runner.services import reporting
from portal.runner.services.beating import beating

log = logging.getLogger(__name__)
LINES = 40
SHOW_SECONDS = 0.5
UNEXPECTED = "The portal failed while it prepared the images; the runner's log says why."


def prepare(preparation_id: int) -> None:
    """Carry it out, if nobody has begun it. What comes of it is in its row."""
    row = Preparation.objects.filter(pk=preparation_id).first()
    if row is None:  # Its host was forgotten.
        return
    now = timezone.now()
    if not row.move(StepStatus.RUNNING, started_at=now, beat_at=now):
        return
    told = Told(row)
    try:
        with beating(row):
            for built in images.prepare():
                told.take(built)
    except ClusterError as error:
        finish(row, told, StepStatus.FAILED, **as_fields(error))
    except Exception:
        # Whatever it was, the row must not say "running" for ever.
        log.exception("the images of %s could not be prepared", row.host_id)
        finish(row, told, StepStatus.FAILED, **as_fields(ClusterError(UNEXPECTED)))
    else:
        finish(row, told, StepStatus.PASSED)


def finish(row: Preparation, told: "Told", to: StepStatus, **fields: Any) -> None:
    """Look at the images first: who sees that it has ended sees what came of it."""
    told.show()
    reporting.inspect(row.host_id)
    with contextlib.suppress(Preparation.DoesNotExist):  # Its host was forgotten meanwhile.
        row.move(to, finished_at=timezone.now(), **fields)


class Told:
    """What a build has told so far, kept in the row a few times a second at most."""

    def __init__(self, row: Preparation):
        self.row = row
        self.images: dict[str, dict[str, Any]] = {}
        self.lines: list[str] = []
        self.shown_at = 0.0

    def take(self, built: Built) -> None:
        """Note one thing that happened."""
        state = "building" if not built.is_done else "built" if built.is_new else "up to date"
        image = self.images.setdefault(built.tag, {"tag": built.tag, "step": ""})
        image |= {"state": state, "seconds": round(built.seconds, 1)}
        if built.says.startswith("Step "):
            image["step"] = built.says[:120]
        if built.says:
            self.lines = [*self.lines[1 - LINES :], built.says[:300]]
        if built.is_done or time.monotonic() - self.shown_at > SHOW_SECONDS:
            self.show()

    def show(self) -> None:
        """Keep it."""
        self.shown_at = time.monotonic()
        Preparation.objects.filter(pk=self.row.pk).update(
            images=list(self.images.values()), log="\n".join(self.lines)
        )
