"""Tables of documents, whose last column names the tests that hold the portal to each row."""

import re
from dataclasses import dataclass

from tests.environment import ROOT

NAME = re.compile(r"`(test_\w+)`")
TEST = re.compile(r"^\s*(?:async )?def (test_\w+)\(", re.MULTILINE)
BLOCK = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
LINE = re.compile(r"\|(?: ?-+ ?\|)+")


@dataclass(frozen=True, slots=True)
class Row:
    """What a row is about, and the tests that its last cell names."""

    about: str
    tests: frozenset[str]


def names_of_tests() -> frozenset[str]:
    """The names of all tests; what only PostgreSQL is asked is in modules of other names."""
    paths = [path for place in ("portal", "labs", "tests") for path in (ROOT / place).rglob("*.py")]
    return frozenset(name for path in paths for name in TEST.findall(path.read_text()))


def promises(document: str) -> list[Row]:
    """The rows of a document's tables that name tests. Raises ValueError for one without a head."""
    found = []
    for block in BLOCK.findall((ROOT / "docs" / document).read_text()):
        head, *rows = block.splitlines()
        if not rows or not LINE.fullmatch(rows[0]):
            raise ValueError(f"no table's head: {head}")
        if cells(head)[-1] != "test":
            continue
        for row in map(cells, rows[1:]):
            if len(row) != len(cells(head)):
                raise ValueError(f"not as many cells as the head has: {row}")
            found.append(Row(row[0], frozenset(NAME.findall(row[-1]))))
    return found


def cells(row: str) -> list[str]:
    """What stands in each."""
    return [each.strip() for each in row.strip().removeprefix("|").removesuffix("|").split("|")]


def broken(document: str) -> list[str]:
    """Rows that name no test, or one that is not there."""
    there = names_of_tests()
    return [
        f"{row.about}: {', '.join(sorted(row.tests - there)) or 'no test'}"
        for row in promises(document)
        if not row.tests or row.tests - there
    ]
