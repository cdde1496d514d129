"""What differs between two versions of a lab, as lines to show."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.catalog.models import LabVersion
from portal.engine.differing import grouped, opcodes
from portal.engine.lab.beside import DEFINITION

CONTEXT_LINES = 3


@dataclass(frozen=True, slots=True)
class Line:
    """One line: `kind` is added, removed, same, or skip for lines that are left out."""

    kind: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True, slots=True)
class FileChanges:
    """A file that differs."""

    path: str
    lines: list[Line]

    @property
    def added(self) -> int:
        """How many lines came."""
        return sum(line.kind == "added" for line in self.lines)

    @property
    def removed(self) -> int:
        """How many lines went."""
        return sum(line.kind == "removed" for line in self.lines)


def between(old: LabVersion, new: LabVersion) -> list[FileChanges]:
    """Every file that differs, the definition first."""
    before = {DEFINITION: old.source, **old.files}
    after = {DEFINITION: new.source, **new.files}
    paths = [DEFINITION, *sorted((before.keys() | after.keys()) - {DEFINITION})]
    return [
        FileChanges(path, list(lines_of(before.get(path, ""), after.get(path, ""))))
        for path in paths
        if before.get(path) != after.get(path)
    ]


def lines_of(before: str, after: str) -> Iterator[Line]:
    """The lines that differ, with some around them."""
    a, b = before.splitlines(), after.splitlines()
    for number, group in enumerate(grouped(opcodes(a, b), CONTEXT_LINES)):
        if number or group[0][1]:
            yield Line("skip", None, None, "")
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                for offset in range(i2 - i1):
                    yield Line("same", i1 + offset + 1, j1 + offset + 1, a[i1 + offset])
                continue
            yield from (Line("removed", i + 1, None, a[i]) for i in range(i1, i2))
            yield from (Line("added", None, j + 1, b[j]) for j in range(j1, j2))
