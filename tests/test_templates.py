"""Templates, and the names that pages and addresses go by, point down as imports do."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEMPLATES = ROOT / "templates"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
LAYERS = next(each["layers"] for each in CONTRACTS["contracts"] if each["type"] == "layers")
RANK = {
    app: rank
    for rank, layer in enumerate(reversed(LAYERS))
    for app in re.findall(r"portal\.(\w+)", layer)
}
"""How high each app stands, from the contract of imports."""
LIBRARIES = {
    path.stem: path.parent.parent.name
    for path in ROOT.glob("portal/*/templatetags/*.py")
    if path.stem != "__init__"
}
TAG = re.compile(r"{%-?\s*(include|extends|load|url)\s+(.*?)\s*-?%}", re.DOTALL)
QUOTED = re.compile(r"""^["']([^"']+)["']""")
PERMISSION = re.compile(r"\bperms\.(\w+)\.")
REGISTERED = {"piece.template", "note.template", "panel.template", "part"}
REGISTERED |= {f"step.parts.{each}" for each in ("command", "action", "result")}
REGISTERED |= {"current.parts.output"}
"""What may be included by a variable: registered parts, a kind's own, and a view's choice."""
NAMED = re.compile(
    r"""["'](?:(\w+):[a-z_]+|(\w+)/[\w/]+\.html|(\w+)\.(?:add|change|delete|view|watch)_\w+)["']"""
)
"""An address, a template or a permission."""

LONGEST = 200
"""Characters of a line."""
NOT_YET = {
    "results/_findings.html",
    "results/_tables.html",
}
"""Templates that still have longer ones."""


def app_of(template: str) -> str:
    """The app whose template it is; none for the frame around all pages."""
    parts = template.removeprefix("admin/").split("/")
    return parts[0] if len(parts) > 1 and parts[0] in RANK else ""


def named_by(text: str) -> Iterator[str]:
    """The apps that a template names."""
    for tag, said in TAG.findall(text):
        quoted = QUOTED.match(said)
        if tag == "load":
            yield from (LIBRARIES.get(word, "") for word in said.split())
        elif quoted is None:
            assert said.split()[0] in REGISTERED, said
        elif tag == "url":
            space, _, name = quoted[1].rpartition(":")
            yield name.split("_")[0] if space == "admin" else space
        else:
            yield app_of(quoted[1])
    yield from PERMISSION.findall(text)


def too_high(app: str, names: Iterator[str]) -> list[str]:
    """Those that stand above an app, or beside it."""
    return [name for name in names if name in RANK and name != app and RANK[name] >= RANK[app]]


@pytest.mark.parametrize("app", sorted(RANK))
def test_no_template_names_an_app_above_its_own(app: str) -> None:
    found = {
        path.relative_to(TEMPLATES).as_posix(): names
        for path in sorted(TEMPLATES.rglob("*.html"))
        if app_of(path.relative_to(TEMPLATES).as_posix()) == app
        and (names := too_high(app, named_by(path.read_text())))
    }
    assert found == {}


@pytest.mark.parametrize("app", sorted(RANK))
def test_no_module_names_a_page_or_a_template_of_an_app_above(app: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix(): names
        for path in sorted((ROOT / "portal" / app).rglob("*.py"))
        if "tests" not in path.parts
        and (names := too_high(app, (a or b or c for a, b, c in NAMED.findall(path.read_text()))))
    }
    assert found == {}


def test_a_template_that_names_an_app_above_is_told() -> None:
    text = """{% extends "base.html" %}{% load classes static %}{% url 'wire:exchanges' 1 %}
    {% include "insights/_bar.html" with a=1 %}{% if perms.classroom.add_class %}{% endif %}"""
    assert too_high("activities", named_by(text)) == ["classroom", "wire", "insights", "classroom"]
    assert too_high("results", iter(["wire", "activities", "results"])) == ["wire"]


def test_no_line_of_a_template_is_too_long_to_be_read() -> None:
    found = {
        f"{path.relative_to(TEMPLATES)}:{number}": len(line)
        for path in sorted(TEMPLATES.rglob("*.html"))
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST and path.relative_to(TEMPLATES).as_posix() not in NOT_YET
    }
    assert found == {}
