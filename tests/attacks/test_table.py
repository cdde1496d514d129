"""docs/security.md promises nothing that no test holds it to."""

import os
import re
import subprocess
import sys
from pathlib import Path

from django.conf import settings

ROW = re.compile(r"^\|.*\| (.*?) \|$", re.MULTILINE)
NAME = re.compile(r"`(test_\w+)`")
PLACES = ("portal", "labs", "tests")


ROOT = Path(settings.BASE_DIR)
FILE = re.compile(r"`([\w./-]+/[\w./-]+)`")
SECTIONS = [5, 4, 7, 4, 4, 8, 6, 4, 2, 7, 7, 3, 4, 3, 4, 5, 3]
"""How many each chapter of ASVS 5.0 has."""


def names_of_tests() -> set[str]:
    """The names of all tests."""
    return {
        name
        for place in PLACES
        for path in (ROOT / place).rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text())
    }


def test_each_test_that_the_table_of_attacks_names_exists() -> None:
    there = names_of_tests()
    text = (ROOT / "docs" / "security.md").read_text()
    _, _, attacks = text.partition("\n## Attacks\n")
    last_columns = [cell for cell in ROW.findall(attacks) if cell != "test" and "---" not in cell]

    assert len(last_columns) >= 10
    for cell in last_columns:
        names = NAME.findall(cell)
        assert names, f"a row names no test: {cell}"
        assert set(names) <= there, f"there is no {set(names) - there}"


def test_each_section_of_asvs_is_judged_by_what_exists() -> None:
    text = (ROOT / "docs" / "security-asvs.md").read_text()
    rows = re.findall(r"^\| (\d+)\.(\d+) [^|]*\| (met|in part|n/a) \| (.*) \|$", text, re.MULTILINE)
    wanted = [(at, n) for at, most in enumerate(SECTIONS, 1) for n in range(1, most + 1)]
    assert [(int(chapter), int(section)) for chapter, section, _, _ in rows] == wanted
    assert all(how or is_so == "n/a" for _, _, is_so, how in rows)
    _, _, left = text.partition("\n## Open\n")
    for chapter, section, is_so, _ in rows:
        assert (f"| {chapter}.{section} |" in left) == (is_so == "in part"), (chapter, section)
    assert set(NAME.findall(text)) <= names_of_tests()
    assert [each for each in FILE.findall(text) if not (ROOT / each).exists()] == []


def test_behind_tls_cookies_are_bound_to_their_host() -> None:
    code = (
        "import django; django.setup(); from django.conf import settings as s;"
        "from portal.classroom import doors, zones;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, doors.COOKIE, zones.COOKIE)"
    )
    told = {}
    for address in ("https://portal.example", "http://localhost:8000"):
        env = {**os.environ, "SLUICE_ADDRESS": address, "DJANGO_SETTINGS_MODULE": "portal.settings"}
        done = subprocess.run(
            [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, check=True
        )
        told[address[:5]] = done.stdout.decode().split()
    names = ["sessionid", "csrftoken", "signed_in_here", "sluice_zone"]
    assert told == {"https": [f"__Host-{each}" for each in names], "http:": names}
