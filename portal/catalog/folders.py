"""A lab as a zip of its folder, both ways. What is uploaded is hostile until it has been read."""

import io
import zipfile
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from django.db import transaction

from portal.catalog import pictures, services
from portal.catalog.models import Lab, LabVersion
from portal.engine.lab.beside import DEFINITION, MAX_FILE_BYTES
from portal.engine.lab.parse import MAX_FILES
from portal.engine.lab.pictures import is_name, paths_in
from portal.engine.lab.problems import LabInvalid, Problem

MOST_BYTES = 4 * 2**20
MOST_ENTRIES = 4 * MAX_FILES
MOST_UNPACKED = 16 * 2**20
PACKINGS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
"""Of these a piece can be had without unpacking the rest."""


class NoFolder(Exception):
    """It is no zip of a lab's folder; the text says why."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A lab's folder: its definition, and every file beside it, by path."""

    source: str
    files: dict[str, str]
    shown: dict[str, bytes] = field(default_factory=dict)
    """What is called as pictures are."""

    def pointers(self) -> dict[str, str]:
        """What points at each picture, once it is kept; of what is none its text, if it is one."""
        found = {}
        for path, data in self.shown.items():
            try:
                found[path] = pictures.keep(data)
            except ValueError:
                found[path] = data.decode("utf-8", "replace")
        return found


def zip_of(version: LabVersion) -> bytes:
    """The version as a zip of a folder with the lab's name."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        shown = pictures.contents(version)
        for path, text in {DEFINITION: version.source, **version.files, **shown}.items():
            archive.writestr(f"{version.lab.name}/{path}", text)
    return data.getvalue()


def read_zip(data: bytes) -> Folder:
    """Read a zip. Raises NoFolder. Nothing is ever written to the disk."""
    if len(data) > MOST_BYTES:
        raise NoFolder(f"The file is larger than {MOST_BYTES // 2**20} MB.")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return folder_in(archive)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError, OSError) as error:
        raise NoFolder(
            f"This is no zip that can be read ({error}). Choose the zip of the folder of a lab."
        ) from error


def folder_in(archive: zipfile.ZipFile) -> Folder:
    """The lab in an archive: at its top, or in a folder of its own."""
    entries = [each for each in archive.infolist() if not each.is_dir()]
    if len(archive.infolist()) > MOST_ENTRIES:
        raise NoFolder(f"There are more than {MOST_ENTRIES} files in it.")
    definitions = [path for each in entries if (path := safe_path(each)).name == DEFINITION]
    if not definitions:
        raise NoFolder(f"There is no {DEFINITION} in it.")
    top = min(definitions, key=lambda path: len(path.parts)).parent
    texts: dict[str, str] = {}
    shown: dict[str, bytes] = {}
    left = MOST_UNPACKED
    for each in entries:
        path = safe_path(each)
        if path.is_relative_to(top) and not is_junk(path):
            data = read_entry(archive, each)
            left -= len(data)
            if left < 0:
                raise NoFolder(f"It holds more than {MOST_UNPACKED // 2**20} MB.")
            name = str(path.relative_to(top))
            if is_name(name):
                shown[name] = data
            else:
                texts[name] = text_of(each, data)
    return Folder(texts.pop(DEFINITION), texts, shown)


def safe_path(entry: zipfile.ZipInfo) -> PurePosixPath:
    """An entry's path. Raises NoFolder for one that leads out."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or not str(path).isprintable():
        raise NoFolder(f"{entry.filename!r} is no path inside a folder.")
    return path


def is_junk(path: PurePosixPath) -> bool:
    """What systems leave in archives, and what belongs to an image rather than to a lab."""
    hidden = any(part.startswith(".") or part == "__MACOSX" for part in path.parts)
    of_image = "images" in path.parts and not is_name(str(path))
    return hidden or of_image or path.suffix in (".pyc", ".md")


def read_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    """One file. What an entry says of its size is not believed."""
    limit = 2 * MAX_FILE_BYTES
    if entry.compress_type not in PACKINGS:
        raise NoFolder(f"{entry.filename} is packed in a way that isn't read: use plain zip.")
    with archive.open(entry) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise NoFolder(f"{entry.filename} is larger than {limit // 1024} KB.")
    return data


def text_of(entry: zipfile.ZipInfo, data: bytes) -> str:
    """A file's text."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoFolder(f"{entry.filename} is not UTF-8 text.") from None


@transaction.atomic
def add_draft(folder: Folder) -> LabVersion:
    """Add it as a draft of the lab that it names. Raises LabInvalid."""
    files = {**folder.files, **folder.pointers()}
    spec = services.read_text(folder.source, files)
    used = {file.source for file in spec.files if file.source is not None} | paths_in(spec)
    lab, _ = Lab.objects.get_or_create(name=spec.name, defaults={"title": spec.title})
    files = {path: text for path, text in files.items() if path in used}
    return services.add_version(lab, folder.source, files)


def as_problems(error: LabInvalid | NoFolder) -> tuple[Problem | str, ...]:
    """What is wrong, as the form tells it: of a definition with its line, of a zip in words."""
    return error.problems if isinstance(error, LabInvalid) else (str(error),)
