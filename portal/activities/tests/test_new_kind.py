"""A kind of step that somebody brings along works on the pages as those do that are there."""

import re
from pathlib import Path

import pytest
from django.contrib.auth.models import AbstractUser
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.tests.conftest import LAB
from portal.activities.tests.host import Host
from portal.catalog.models import Lab, LabVersion
from portal.engine.home.steps import steps_page
from portal.engine.kinds import registry
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.problems import LabInvalid
from portal.runner import tasks  # noqa: F401 - they are what is enqueued
from portal.runner.services import clusters

KIND = '''
from typing import Literal

from portal.engine.kinds.job import Job, Kind, Outcome


class Shout(Kind):
    """Say it louder."""

    kind: Literal["shout"]
    word: str

    label = "In the street"

    def params(self, chosen):
        return {"word": chosen["word"].upper()} if "word" in chosen else {}

    def perform(self, job: Job) -> Outcome:
        job.emit("stdout", f"{job.params.get('word', self.word)}!\\n".encode())
        return Outcome(exit_status=0)
'''
ACTION = """\
{% extends "kinds/_default/_action.html" %}
{% block fields %}<input name="word" value="{{ spec.run.word }}">{% endblock %}
{% block button %}Shout{% endblock %}
"""
STEP = """\
  - id: shout
    title: Shout
    shows_command: HEY
    run: {kind: shout, word: hey}
    check: {matches: '^HO!$', message: Nobody has heard you.}
"""
SHOUTING = LAB.replace("  - {id: down,", f"{STEP}  - {{id: down,")


@pytest.fixture
def shout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A kind in a folder of its own, with a template; and its dotted path, as one is named."""
    folder = tmp_path / "louder"
    templates = folder / "templates" / "kinds" / "shout"
    templates.mkdir(parents=True)
    (folder / "__init__.py").write_text(KIND)
    (templates / "_action.html").write_text(ACTION)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(registry, "added", ())
    registry.add("louder.Shout")
    return "louder.Shout"


@pytest.fixture
def shouting(shout: str, student: AbstractUser, host: Host) -> Session:
    """A session of a lab with such a step, whose cluster is up."""
    lab = Lab.objects.create(name="small", title="Small lab")
    version = LabVersion.objects.create(lab=lab, number=1, source=SHOUTING)
    session = sessions.launch(student.pk, version)[0]
    clusters.bring_up(session.pk)
    session.refresh_from_db()
    return session


def test_a_new_kind_of_step_is_shown_run_and_checked(
    shouting: Session, client: Client, host: Host
) -> None:
    client.force_login(shouting.owner)
    page = reverse("activities:session", args=[shouting.pk]) + "?step=shout"
    shown = client.get(page).content.decode()
    assert "In the street" in shown
    assert re.search(r'<input name="word" value="hey"', shown)
    assert "Shout</button>" in shown
    for word, status in (("hey", "failed"), ("ho", "passed")):
        client.post(
            reverse("activities:run_step", args=[shouting.pk, "shout"]), {"word": word, "x": "y"}
        )
        host.deliver()
        run = shouting.runs.filter(step_id="shout").latest("pk")
        assert (run.status, run.params, run.output) == (
            status,
            {"word": word.upper()},
            f"{word.upper()}!\n",
        )
    assert "HO!" in client.get(page).content.decode()


def test_a_new_kind_of_step_is_in_the_lab_at_home(shout: str) -> None:
    assert "HEY" in steps_page(parse_lab(SHOUTING, dict[str, str]().__getitem__))


def test_mistakes_in_a_step_of_a_new_kind_are_told_where_they_are(shout: str) -> None:
    wrong = SHOUTING.replace("kind: shout, word: hey", "kind: shout, wrod: hey")
    with pytest.raises(LabInvalid) as caught:
        parse_lab(wrong, dict[str, str]().__getitem__)
    said = {each.key: each.message for each in caught.value.problems}
    assert "did you mean 'word'?" in said["steps[9].run.wrod"]
    assert said["steps[9].run.word"] == "is missing"


def test_a_kind_that_nobody_has_added_is_none() -> None:
    with pytest.raises(LabInvalid, match="'shout' is no kind of step"):
        parse_lab(SHOUTING, dict[str, str]().__getitem__)


def test_a_path_in_the_settings_that_leads_to_no_kind_is_told_at_boot(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "added", ("nowhere.Kind",))
    with pytest.raises(SystemCheckError, match=r"portal\.E005"):
        call_command("check")
