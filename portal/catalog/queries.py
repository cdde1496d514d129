"""What pages ask about labs, one function a question."""

import logging

from django.db.models import Prefetch, QuerySet

from portal.catalog.models import Lab, LabVersion
from portal.engine.lab.problems import LabInvalid

log = logging.getLogger(__name__)


def published() -> QuerySet[LabVersion]:
    """Versions that sessions can be launched from, newest first."""
    return LabVersion.objects.filter(published_at__isnull=False, retired_at=None).order_by(
        "-number"
    )


def published_labs() -> list[LabVersion]:
    """The newest published version of every listed lab."""
    newest_first = Prefetch("versions", published().select_related("lab"), to_attr="offered")
    labs = Lab.objects.filter(is_listed=True).prefetch_related(newest_first)
    return [lab.offered[0] for lab in labs if lab.offered and is_readable(lab.offered[0])]


def latest_version(name: str) -> LabVersion | None:
    """The newest published version of a lab, listed or not."""
    return published().filter(lab__name=name).select_related("lab").first()


def is_readable(version: LabVersion) -> bool:
    """Whether this portal can still read it; one bad lab must not take the page down."""
    try:
        return bool(version.spec)
    except LabInvalid as error:
        log.error("%s can't be read: %s", version, error)
        return False
