"""What can be done to labs."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal.catalog.models import Lab, LabVersion, digest_of, reader_of
from portal.engine.parse import LabInvalid, Loaded, Problem, load_lab, parse_lab
from portal.engine.spec import LabSpec, Limits


class Change(StrEnum):
    """What loading a folder came to."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def load_folder(folder: Path) -> LabVersion:
    """Load a lab's folder and publish it. Raises LabInvalid. Safe to repeat."""
    return store(read_folder(folder))[0]


def read_folder(folder: Path) -> Loaded:
    """Read a lab's folder within what the operator allows. Raises LabInvalid."""
    return load_lab(folder, allowed_images=settings.SLUICE_IMAGES.keys(), ceilings=ceilings())


def read_text(source: str, files: Mapping[str, str]) -> LabSpec:
    """Read a lab's text within what the operator allows. Raises LabInvalid."""
    return parse_lab(
        source,
        reader_of(files),
        allowed_images=settings.SLUICE_IMAGES.keys(),
        ceilings=ceilings(),
    )


def ceilings() -> Limits:
    """The most that one service of a lab may ask for."""
    return Limits.model_validate(settings.SLUICE_LIMITS)


@transaction.atomic
def store(loaded: Loaded) -> tuple[LabVersion, Change]:
    """Keep what a folder says as the lab's published version.

    A folder that says what it said last time changes nothing, whatever was made of the lab in the
    admin since. A version that nobody has used or edited is brought up to date; else there is a
    new one.
    """
    Lab.objects.get_or_create(name=loaded.spec.name)
    lab = Lab.objects.select_for_update().get(name=loaded.spec.name)
    digest = digest_of(loaded.source, loaded.files)
    newest = lab.versions.order_by("-number").first()
    if newest is not None and lab.loaded_digest == digest:
        return newest, Change.UNCHANGED
    change = Change.NEW
    if newest is not None and not newest.is_used and newest.digest == lab.loaded_digest:
        change = Change.UPDATED
        newest.source, newest.files = loaded.source, dict(loaded.files)
        newest.save(update_fields=["source", "files"])
    else:
        newest = add_version(lab, loaded.source, loaded.files)
    lab.loaded_digest = digest
    lab.save(update_fields=["loaded_digest"])
    publish(newest)
    return newest, change


def add_version(lab: Lab, source: str, files: Mapping[str, str]) -> LabVersion:
    """Add a draft with the lab's next number."""
    return LabVersion.objects.create(
        lab=lab, number=next_number(lab), source=source, files=dict(files)
    )


def next_number(lab: Lab) -> int:
    """The number after the lab's last."""
    return (lab.versions.aggregate(last=Max("number"))["last"] or 0) + 1


def draft_from(version: LabVersion) -> LabVersion:
    """Copy a version to a draft, where it can be edited."""
    return add_version(version.lab, version.source, version.files)


def publish(version: LabVersion) -> None:
    """Offer a version to students. Raises LabInvalid; a published one is published again."""
    spec = read_text(version.source, version.files)
    if spec.name != version.lab.name:
        raise LabInvalid([misnamed(version.source, spec, version.lab)])
    version.published_at = version.published_at or timezone.now()
    version.retired_at = None
    version.save(update_fields=["published_at", "retired_at"])
    version.lab.title = spec.title
    version.lab.save(update_fields=["title"])


def misnamed(source: str, spec: LabSpec, lab: Lab) -> Problem:
    """A text that names another lab than the one that it is a version of."""
    lines = source.splitlines()
    line = next((n for n, each in enumerate(lines, 1) if each.startswith("name:")), 1)
    return Problem(line, 1, "name", f"must be {lab.name!r}, the lab's own, not {spec.name!r}")


def retire(version: LabVersion) -> None:
    """Launch no more sessions from a version; those that run go on. Safe to repeat."""
    version.retired_at = version.retired_at or timezone.now()
    version.save(update_fields=["retired_at"])


def mark_used(version: LabVersion) -> None:
    """A session is launched from it: from now on it can't change."""
    LabVersion.objects.filter(pk=version.pk, is_used=False).update(is_used=True)
    version.is_used = True
