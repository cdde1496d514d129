"""Pictures of labs: kept once by what they are, and pointed at from among a version's files."""

from collections.abc import Mapping

from portal.catalog.models import LabVersion, Picture
from portal.engine.lab import pictures
from portal.engine.lab.parse import Loaded, nothing_beside


def keep(data: bytes) -> str:
    """Keep a picture; what points at it. Raises ValueError, in words. Safe to repeat."""
    found = pictures.picture_of(data)
    Picture.objects.get_or_create(digest=found.digest, defaults={"kind": found.kind, "data": data})
    return found.pointer


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
