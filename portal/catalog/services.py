"""What can be done to labs."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from portal import panels
from portal.catalog.images import offered
from portal.catalog.models import Lab, LabVersion, digest_of, reader_of
from portal.catalog.pictures import Beside, files_of
from portal.engine.lab.cluster import Limits
from portal.engine.lab.parse import Loaded, load_lab, parse_lab
from portal.engine.lab.problems import LabInvalid, Problem
from portal.engine.lab.spec import LabSpec


class Change(StrEnum):
    """What loading a folder came to."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


def read_folder(folder: Path) -> Loaded:
    """Read a lab's folder within what the operator allows. Raises LabInvalid."""
    return load_lab(
        folder,
        allowed_images=offered(),
        ceilings=ceilings(),
        panels=panels.names(),
    )


def read_text(source: str, files: Mapping[str, str]) -> LabSpec:
    """Read a lab's text within what the operator allows. Raises LabInvalid."""
    return parse_lab(
        source,
        reader_of(files),
        Beside(files).look,
        allowed_images=offered(),
        ceilings=ceilings(),
        panels=panels.names(),
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
    files = files_of(loaded)
    digest = digest_of(loaded.source, files)
    newest = lab.versions.order_by("-number").first()
    if newest is not None and lab.loaded_digest == digest:
        return newest, Change.UNCHANGED
    change = Change.NEW
    if newest is not None and not newest.is_used and newest.digest == lab.loaded_digest:
        change = Change.UPDATED
        newest.source, newest.files = loaded.source, files
        newest.save(update_fields=["source", "files"])
    else:
        newest = add_version(lab, loaded.source, files)
    lab.loaded_digest = digest
    lab.save(update_fields=["loaded_digest"])
    publish(newest)
    return newest, change


def version_of(loaded: Loaded) -> LabVersion:
    """The version that says what a folder says: one that is there, or else a new draft.

    Nothing is published: what students are offered stays as it is.
    """
    lab, _ = Lab.objects.get_or_create(
        name=loaded.spec.name, defaults={"title": loaded.spec.title, "is_listed": False}
    )
    files = files_of(loaded)
    digest = digest_of(loaded.source, files)
    same = lab.versions.filter(digest=digest, retired_at=None).order_by("-number").first()
    return same or add_version(lab, loaded.source, files)


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


def read_version(version: LabVersion) -> LabSpec:
    """Read the newest text of a version, for what is done with it. Raises LabInvalid."""
    source, files = version.written
    spec = read_text(source, files)
    if spec.name != version.lab.name:
        raise LabInvalid([misnamed(source, spec, version.lab)])
    if version.faulty is not None:
        raise LabInvalid([Problem(1, 1, "", "a file beside it can't be read")])
    return spec


def publish(version: LabVersion) -> None:
    """Offer a version to students. Raises LabInvalid; a published one is published again."""
    spec = read_version(version)
    version.published_at = version.published_at or timezone.now()
    version.retired_at = None
    version.save(update_fields=["published_at", "retired_at"])
    version.lab.title = spec.title
    version.lab.save(update_fields=["title"])


def hand_in(version: LabVersion) -> None:
    """Have somebody who may publish look at a draft. Raises LabInvalid; safe to repeat."""
    read_version(version)
    version.handed_in_at = version.handed_in_at or timezone.now()
    version.save(update_fields=["handed_in_at"])


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
