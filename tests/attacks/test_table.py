"""docs/security.md promises nothing that no test holds it to."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests import tables
from tests.tables import NAME, broken, names_of_tests, promises

ROOT = Path(settings.BASE_DIR)
FILE = re.compile(r"`([\w./-]+/[\w./-]+)`")
LEVELS = """
22 1111122223 112222222223 222 123
122 112 12223 23
3 113 12223 11222233 11122333 3 22333
12233 23333 22 1222
2 112333 113 222
122 111111112222 11223333 112233 22222333 2223 33 2222
222 1111 22 11222 223 22
1233 1123 133 23
111 1222
22 223 22223 1111122222233333 22222 22 222
2233 22233 11233 1222 23 23 33
12233 11 22223
2333 222223 2233 1222233
22 12223333 122
12233 12233 1222222 3333
2 22222 2222 222 2223
23 22223333 22
"""
"""Of ASVS 5.0.0: a line a chapter, a word a section, and for each requirement its level."""


def test_each_test_that_the_table_of_attacks_names_exists() -> None:
    assert len(promises("security.md")) >= 70
    assert broken("security.md") == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("| a | test |\n| --- | --- |\n| x | `test_nonesuch` |\n", "x: test_nonesuch"),
        ("| a | test |\n| --- | --- |\n| x | |\n", "x: no test"),
        ("| a | test |\n| --- | --- |\n\n| x | `test_nonesuch` |\n", "no table's head"),
    ],
)
def test_a_row_that_promises_too_much_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "promises.md").write_text(text)
    monkeypatch.setattr(tables, "ROOT", tmp_path)
    try:
        told = broken("promises.md")
    except ValueError as error:
        told = [str(error)]
    assert words in told[0]


def asked_at_level_2() -> dict[str, str]:
    """The number of each requirement of ASVS of levels 1 and 2, in order, with its level."""
    return {
        f"{chapter}.{section}.{number}": level
        for chapter, sections in enumerate(LEVELS.split("\n")[1:-1], 1)
        for section, levels in enumerate(sections.split(), 1)
        for number, level in enumerate(levels, 1)
        if level != "3"
    }


def test_each_requirement_of_asvs_is_judged_by_what_exists() -> None:
    text = (ROOT / "docs" / "security-asvs.md").read_text()
    row = r"^\| ([\d.]+) \| ([12]) \| (met|open|n/a) \| (.+) \|$"
    rows = re.findall(row, text, re.MULTILINE)
    assert {number: level for number, level, _, _ in rows} == asked_at_level_2()
    left = re.findall(r"^\| ([\d.]+) \| [^|\n]+ \| [^|\n]+ \|$", text, re.MULTILINE)
    assert left == [number for number, _, is_so, _ in rows if is_so == "open"]
    assert set(NAME.findall(text)) <= names_of_tests()
    assert [each for each in FILE.findall(text) if not (ROOT / each).exists()] == []
    for word in ("met", "open"):
        assert f" {sum(is_so == word for _, _, is_so, _ in rows)} " in text.partition("\n## ")[0]


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
