"""Pictures of labs: kept once by what they are, and pointed at from among a version's files."""

from collections.abc import Mapping
from datetime import timedelta

from django.utils import timezone

from portal.catalog.models import LabVersion, Picture
from portal.engine.lab import pictures
from portal.engine.lab.parse import Loaded, nothing_beside

SETTLED = timedelta(days=1)
"""Whoever uploads a picture has saved the draft that shows it by then."""


def keep(data: bytes) -> str:
    """Keep a picture; what points at it. Raises ValueError, in words. Safe to repeat."""
    found = pictures.picture_of(data)
    # One that was there already is about to be pointed at, as if it were new.
    if not Picture.objects.filter(digest=found.digest).update(created_at=timezone.now()):
        sweep()
        new = {"kind": found.kind, "data": data}
        Picture.objects.get_or_create(digest=found.digest, defaults=new)
    return found.pointer


def sweep() -> int:
    """Delete those that no version points at, and none is about to; how many there were."""
    old = Picture.objects.filter(created_at__lt=timezone.now() - SETTLED).values_list(
        "pk", flat=True
    )
    if not (left := set(old)):
        return 0
    versions = LabVersion.objects.values_list("files", "faulty")
    for files, faulty in versions.iterator(chunk_size=50):
        for text in (*files.values(), *(faulty or {}).get("files", {}).values()):
            if found := pictures.pointed_at(text):
                left.discard(found.digest)
    return Picture.objects.filter(pk__in=left).delete()[0]


def files_of(loaded: Loaded) -> dict[str, str]:
    """A folder's files as a version has them: texts, and what points at pictures."""
    kept = {path: keep(data) for path, data in loaded.pictures.items()}
    return {**loaded.files, **kept}


class Beside:
    """The pictures among a version's files, as whoever reads its text looks for them."""

    def __init__(self, files: Mapping[str, str]):
        self.files = files

    def look(self, name: str) -> None:
        """Raises OSError or ValueError, in words, where no picture can be shown."""
        text = self.files.get(name)
        if text is None:
            nothing_beside(name)
        found = pictures.pointed_at(str(text))
        if found is None:
            pictures.picture_of(str(text).encode(errors="replace"))
            raise ValueError("is no picture that was uploaded")
        if not Picture.objects.filter(digest=found.digest, kind=found.kind).exists():
            raise ValueError("is not kept here any more: upload it again")


def contents(version: LabVersion) -> dict[str, bytes]:
    """The bytes of a version's pictures, by path."""
    found = version.pictures
    rows = Picture.objects.filter(digest__in={each.digest for each in found.values()})
    data = {each.digest: bytes(each.data) for each in rows}
    return {path: data[each.digest] for path, each in found.items() if each.digest in data}
