"""What a browser has to fetch before a page works: its styles and scripts, packed, have a bound."""

import gzip
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

from portal.activities.models import Session
from portal.classroom.models import Class
from portal.classroom.tests.conftest import Entry, People

STATIC = Path(settings.BASE_DIR) / "static"
LINKED = re.compile(r'<(?:link rel="stylesheet" href|script src)="/static/([^"?]+)"')
# What comes at once. `import()` does not: editors and terminals come when they are shown.
BRINGS = re.compile(
    r"""^(?:import|export)\b[^;(]*?["'](\.[^"']+)["']|@import url\("([^"]+)"\)""", re.M
)


def test_what_a_file_brings_is_found() -> None:
    assert {"js/live-socket.js", "js/reconnecting-socket.js"} <= brought("js/session-page.js")
    assert "css/events.css" in brought("css/panels.css")
    assert "js/code-mirror.js" not in brought("js/code-editor.js")


@pytest.mark.parametrize(
    ("address", "styles", "scripts"),
    [
        ("/", 8, 25),
        ("/sessions/", 8, 25),
        ("/s/{session}/", 36, 128),
        ("/classes/{klass}/", 14, 35),
        ("/classes/{klass}/grades/", 12, 25),
        ("/help/", 12, 25),
    ],
)
def test_a_page_needs_few_bytes(
    session: Session,
    klass: Class,
    people: People,
    enter: Entry,
    address: str,
    styles: int,
    scripts: int,
) -> None:
    """In thousands of bytes, as gzip sends them."""
    who = "ada" if address.startswith("/s/") else "teacher"
    page = enter(people[who]).get(address.format(session=session.pk, klass=klass.pk))
    assert page.status_code == 200
    files: set[str] = set().union(*map(brought, LINKED.findall(page.content.decode())))
    weight = {".css": 0, ".js": 0}
    for each in files:
        weight[Path(each).suffix] += packed(each)
    assert 1000 < weight[".css"] <= styles * 1000
    assert 1000 < weight[".js"] <= scripts * 1000


@cache
def brought(path: str) -> frozenset[str]:
    """A file, and all that comes with it, by their paths below static/."""
    found, left = set[str](), [path]
    while left:
        each = left.pop()
        if each in found:
            continue
        found.add(each)
        if each.startswith("vendor/"):
            continue  # Bundled: it brings nothing.
        for pair in BRINGS.findall((STATIC / each).read_text()):
            there = (STATIC / each).parent / "".join(pair)
            left.append(str(there.resolve().relative_to(STATIC.resolve())))
    return frozenset(found)


@cache
def packed(path: str) -> int:
    """Its bytes, as gzip sends them."""
    return len(gzip.compress((STATIC / path).read_bytes()))
