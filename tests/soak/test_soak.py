"""`make soak`: the same seed does the same, what must be zero decides, and a short one is good."""

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tests.portal_process import ROOT
from tests.soak.incidents import INCIDENTS
from tests.soak.plan import OF_A_SESSION, OF_THE_PORTAL, plan
from tests.soak.report import COUNTS, ZERO, Report, report
from tests.soak.tally import Tally

EVERYTHING = {*OF_THE_PORTAL, *OF_A_SESSION}
SOAK_SECONDS = 570


def test_the_same_seed_gives_the_same_plan() -> None:
    first, again, other = (list(islice(plan(seed, 3), 100)) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_each_fault_comes_once_before_any_comes_again() -> None:
    faults = [each.fault for each in islice(plan(1, 3), 2 * len(EVERYTHING))]
    assert set(faults[: len(EVERYTHING)]) == set(faults[len(EVERYTHING) :]) == EVERYTHING


def test_whatever_the_plan_has_for_a_session_can_be_done() -> None:
    assert set(INCIDENTS) == set(OF_A_SESSION)


@pytest.mark.parametrize("name", ZERO)
def test_one_thing_that_has_to_be_zero_and_is_not_makes_it_bad(name: str) -> None:
    tally = Tally()
    for each in COUNTS:
        tally.add(each, 5)
    assert told(tally).is_good
    tally.note(name, "the reason")
    bad = told(tally)
    assert not bad.is_good
    assert "the reason" in bad.text()
    assert json.loads(bad.json())["zeros"][name] == 1


def told(tally: Tally) -> Report:
    """The report of a soak that had come to this."""
    return report(tally, seed=1, minutes=1.0, students=1, load=0.0, lives={})


@pytest.mark.timeout(600)
@pytest.mark.sandbox
def test_a_short_soak_ends_with_zeros(tmp_path: Path) -> None:
    """One student, two faults: everything but the length of it."""
    kept = tmp_path / "report.json"
    argv = ("--minutes", "0.6", "--students", "1", "--seed", "7", "--faults", "2")
    done = subprocess.run(
        [sys.executable, "-m", "tests.soak", *argv, "--json", str(kept)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SOAK_SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(kept.read_text())
    assert found["counts"]["faults"] == 2
    assert found["counts"]["records"] > 0
    assert found["counts"]["steps"] > 0
