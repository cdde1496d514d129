"""What a row says of an error, and what becomes of runs whose cluster goes."""

from typing import Any

from django.utils import timezone

from portal.activities.models import ACTIVE, Session
from portal.activities.status import StepStatus
from portal.engine.errors import ClusterError
from portal.engine.guest.plain import plain
from portal.engine.lines import text


def fail_runs(session: Session, error: ClusterError) -> None:
    """What runs on a cluster that is lost has failed with it."""
    for run in session.runs.filter(status__in=ACTIVE):
        run.move(StepStatus.FAILED, finished_at=timezone.now(), **as_fields(error))


def as_fields(error: ClusterError) -> dict[str, Any]:
    """An error as the fields of a row."""
    return {
        "error_code": error.code,
        "error": text(str(error)[:4000]),
        "error_part": error.part.value,
        "error_advice": error.advice,
        "error_details": plain(error.details.as_dict()),
    }


def no_error() -> dict[str, Any]:
    """The fields of a row without an error."""
    return {
        "error_code": "",
        "error": "",
        "error_part": "",
        "error_advice": "",
        "error_details": {},
    }
