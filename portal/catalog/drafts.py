"""A draft as its author writes it: kept whatever it says, and read as loading it would."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.db import IntegrityError, transaction

from portal.catalog import services, syntax
from portal.catalog.folders import Folder
from portal.catalog.models import Lab, LabVersion, digest_of
from portal.catalog.writing import CannotBegin, first_text
from portal.engine.lab.beside import DEFINITION, MAX_FILE_BYTES
from portal.engine.lab.parse import MAX_FILES
from portal.engine.lab.problems import LabInvalid, Problem
from portal.engine.lab.spec import LabSpec

MOST_BYTES = 2**20
"""Of a definition and all files beside it; what is larger comes as a zip."""
LONGEST_PATH = 200


class NotKept(Exception):
    """A text was not kept; the words say why, to its author."""


class Overtaken(NotKept):
    """Another text was kept since this one's author has seen the draft."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text comes to."""

    spec: LabSpec | None
    """The lab, as far as its definition can be read."""
    faults: list[tuple[str, Problem]]
    """All that is wrong, each with the path of its file."""


def begin(name: str) -> LabVersion:
    """A new lab's first draft. Raises CannotBegin for a name that is none, or taken."""
    text = first_text(name)
    try:
        with transaction.atomic():
            lab = Lab.objects.create(name=name, title=name)
    except IntegrityError:
        raise CannotBegin(f"There is a lab {name!r} already: copy a version of it.") from None
    return services.add_version(lab, text, {})


def folder_in(data: Any) -> Folder:
    """The texts by path that an editor sends. Raises NotKept for more than is taken, or others."""
    if not isinstance(data, Mapping) or not all(isinstance(each, str) for each in data.values()):
        raise NotKept("That is no lab's folder.")
    texts = {str(path): str(text).replace("\r\n", "\n") for path, text in data.items()}
    if DEFINITION not in texts:
        raise NotKept(f"There is no {DEFINITION}.")
    if len(texts) > MAX_FILES + 1:
        raise NotKept(f"A lab has at most {MAX_FILES} files.")
    if wrong := next(filter(None, map(fault_of, texts)), ""):
        raise NotKept(wrong)
    sizes = {path: size_of(path, text) for path, text in texts.items()}
    for path, size in sizes.items():
        most = MAX_FILE_BYTES * (2 if path == DEFINITION else 1)
        if size > most:
            raise NotKept(f"{path} is larger than {most // 1024} KB.")
    if sum(sizes.values()) > MOST_BYTES:
        raise NotKept(f"All files together are larger than {MOST_BYTES // 1024} KB: import a zip.")
    return Folder(texts.pop(DEFINITION), texts)


def size_of(path: str, text: str) -> int:
    """Its bytes as UTF-8. Raises NotKept for what no file of text holds, and no database takes."""
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        raise NotKept(f"{path} is no text in UTF-8: {error.reason}.") from None
    if b"\0" in data:
        raise NotKept(f"{path} holds a NUL: it is no text.")
    return len(data)


def fault_of(path: str) -> str:
    """What is wrong with a file's name; nothing where it can be one."""
    parts = PurePosixPath(path).parts
    is_inside = str(PurePosixPath(path)) == path and ".." not in parts and path[:1] not in "/."
    if not is_inside or not path.isprintable() or "\\" in path or len(path) > LONGEST_PATH:
        return f"{path[:LONGEST_PATH]!r} is no path of a file inside the lab's folder."
    return ""


def read(folder: Folder, lab: Lab) -> Reading:
    """All that loading it would say, and what is wrong with the files beside it."""
    spec, problems = None, list[Problem]()
    try:
        spec = services.read_text(folder.source, folder.files)
        if spec.name != lab.name:
            problems = [services.misnamed(folder.source, spec, lab)]
    except LabInvalid as error:
        problems = list(error.problems)
    beside = syntax.problems_in(folder.files)
    return Reading(spec, [*((DEFINITION, each) for each in problems), *beside.items()])


def base_of(version: LabVersion) -> str:
    """One word for what a draft says now, as whoever writes it has seen it."""
    return digest_of(*version.written)


@transaction.atomic
def keep(version_id: int, folder: Folder, base: str) -> LabVersion:
    """Keep a text, whatever it says. Raises NotKept, and Overtaken if `base` is no more.

    What launches a session of it reads the newest text in which there is no fault.
    """
    versions = LabVersion.objects.select_for_update(of=("self",)).select_related("lab")
    version = versions.get(pk=version_id)
    if not version.is_open:
        raise NotKept(f"{version} can't change any more. Copy it to a draft to go on.")
    if base_of(version) != base:
        raise Overtaken("This draft was saved elsewhere since you opened it here.")
    if read(folder, version.lab).faults:
        version.faulty = {"source": folder.source, "files": folder.files}
    else:
        version.source, version.files = folder.source, folder.files
        version.faulty = None
    version.save(update_fields=["source", "files", "faulty"])
    return version
