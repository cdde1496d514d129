"""What apps put on a session's page: each in its own folder, and the page names none of them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings as settings_of
from django.contrib.auth.models import AbstractUser
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal import panels
from portal.activities.models import Session
from portal.catalog.schema import lab_schema
from portal.catalog.services import read_text
from portal.engine.lab.problems import LabInvalid
from portal.panels import Panel, Piece, Place

CONFIG = """
from django.apps import AppConfig

from portal.panels import Panel, Piece, Place, add_panel, add_piece


def weather(session):
    return {"says": f"Fair winds for {session.pk}"}


class WeatherConfig(AppConfig):
    name = "weather"

    def ready(self):
        add_panel(Panel("weather", "Weather", "weather/_panel.html", 35, "See the sky"))
        add_piece(Piece(Place.SESSION_TOP, "weather/_top.html", context=weather))
"""
PANEL = """<p data-testid="sky">Clear over {{ spec.title }}</p>"""
TOP = """<p data-testid="wind"{% if oob %} hx-swap-oob="morph"{% endif %}>{{ piece.says }}</p>"""


@pytest.fixture
def weather(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[None]:
    """An app of its own, with a panel and a piece of the page."""
    folder = tmp_path / "weather"
    (folder / "templates" / "weather").mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "apps.py").write_text(CONFIG)
    (folder / "templates" / "weather" / "_panel.html").write_text(PANEL)
    (folder / "templates" / "weather" / "_top.html").write_text(TOP)
    monkeypatch.syspath_prepend(str(tmp_path))
    for registry in ("_panels", "_pieces"):
        monkeypatch.setattr(panels, registry, dict(getattr(panels, registry)))
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "weather"]
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "weather"]:
        del sys.modules[name]


def test_an_app_in_a_folder_of_its_own_has_a_panel_on_the_page(
    weather: None, client: Client, student: AbstractUser, session: Session
) -> None:
    client.force_login(student)  # type: ignore[arg-type]
    page = client.get(reverse("activities:session", args=[session.pk]), {"tab": "weather"})
    html = page.content.decode()
    assert "Clear over Small lab" in html
    assert html.index('data-tab="events"') < html.index('data-tab="weather"')
    assert html.index('data-tab="weather"') < html.index('data-tab="http"')
    assert 'id="panel-weather" data-panel="weather"' in html
    assert f"Fair winds for {session.pk}" in html
    live = client.get(reverse("activities:live", args=[session.pk])).content.decode()
    assert f'hx-swap-oob="morph">Fair winds for {session.pk}' in live
    assert "Clear over" not in live


def test_a_lab_can_open_the_panel_of_any_app(weather: None, session: Session) -> None:
    source = session.version.source
    read_text(source.replace("look_at: http", "look_at: weather"), {})
    step = lab_schema()["$defs"]["StepSpec"]["properties"]["look_at"]
    assert step["enum"] == [
        "output",
        "log",
        "events",
        "weather",
        "groups",
        "http",
        "results",
        "streaming",
        "trace",
        "code",
        "terminal",
        "faults",
    ]


def test_a_panel_that_no_app_has_is_told_at_its_line(session: Session) -> None:
    lines = session.version.source.replace("look_at: http", "look_at: htp").splitlines()
    with pytest.raises(LabInvalid) as caught:
        read_text("\n".join(lines), {})
    (found,) = caught.value.problems
    line = next(number for number, each in enumerate(lines, 1) if "look_at: htp" in each)
    assert (found.line, found.column) == (line, lines[line - 1].index("htp") + 1)
    assert found.message == (
        "'htp' is no panel; choose from code, events, faults, groups, http, log, output, results,"
        " streaming, terminal, trace (did you mean 'http'?)"
    )


def test_a_session_whose_lab_opens_a_panel_that_is_gone_opens_the_first(
    client: Client, student: AbstractUser, session: Session
) -> None:
    version = session.version
    version.source = version.source.replace(
        "{id: prepare, title: Make room,", "{id: prepare, title: Make room, look_at: gone,"
    )
    type(version).objects.filter(pk=version.pk).update(source=version.source)
    client.force_login(student)  # type: ignore[arg-type]
    page = client.get(reverse("activities:session", args=[session.pk]))
    assert 'id="tab-output"' in page.content.decode()
    assert page.context["tab"] == "output"


def test_the_authors_guide_names_every_panel() -> None:
    guide = (Path(settings_of.BASE_DIR) / "docs" / "writing-labs.md").read_text()
    row = next(line for line in guide.splitlines() if line.startswith("| `look_at`"))
    assert [name for name in panels.names() if f"`{name}`" not in row] == []


def test_two_panels_can_not_have_one_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", dict(panels._panels))
    before = panels.names()
    panels.add_panel(panels.panels()[0])
    with pytest.raises(ValueError, match="'log'"):
        panels.add_panel(Panel("log", "Another", "other/_log.html", 1, "See it"))
    assert panels.names() == before


def test_the_same_piece_comes_once_and_each_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_pieces", {})
    for order, name in ((2, "b"), (1, "a"), (2, "b")):
        panels.add_piece(Piece(Place.LABS, f"{name}.html", order, styles=("css/a.css",)))
    assert [each["template"] for each in panels.shown(Place.LABS)] == ["a.html", "b.html"]
    assert panels.styles(panels.pieces(Place.LABS)) == ["css/a.css"]


def test_a_panel_without_a_template_is_found_at_boot(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", dict(panels._panels))
    assert run_checks(tags=["templates"]) == []
    panels.add_panel(Panel("bare", "Bare", "bare/_panel.html", 99, "See it"))
    (found,) = run_checks(tags=["templates"])
    assert (found.id, "bare/_panel.html" in found.msg) == ("portal.E004", True)
