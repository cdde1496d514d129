"""docs/reliability.md promises nothing that no test holds it to."""

import re

from tests.environment import ROOT

NAME = re.compile(r"`(test_\w+)`")
PLACES = ("portal", "labs", "tests")


def test_each_test_that_the_tables_of_faults_name_exists() -> None:
    there = {
        name
        for place in PLACES
        for path in (ROOT / place).rglob("*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text())
    }
    text = (ROOT / "docs" / "reliability.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    faults = [row for row in rows if "---" not in row and not row.startswith("| fault |")]
    assert len(faults) >= 40
    for row in faults:
        cells = row.strip("| ").split(" | ")
        names = NAME.findall(row.rpartition(" | ")[2])
        assert names, f"a row names no test: {cells[0]}"
        assert set(names) <= there, f"there is no {set(names) - there}"
