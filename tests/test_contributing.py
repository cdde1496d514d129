"""CONTRIBUTING.md names places that are there, and no more of them than it promises."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "CONTRIBUTING.md").read_text()
CHANGES = dict(re.findall(r"^### (.+)\n((?:(?!^#).*\n)*)", TEXT, re.MULTILINE))
PLACE = re.compile(r"^(?:-|\d+\.) `([^`]+)`", re.MULTILINE)
AT_MOST = {"Add a kind": 5, "Add an image": 2, "Add a panel": 3}


def test_it_tells_of_five_changes() -> None:
    assert list(CHANGES) == [
        "Add a kind",
        "Add an image",
        "Add a panel",
        "Add a runtime",
        "Add a lab",
    ]


@pytest.mark.parametrize("change", CHANGES)
def test_each_place_of_a_change_is_there(change: str) -> None:
    places = PLACE.findall(CHANGES[change])
    assert places
    gone = [each for each in places if not list(ROOT.glob(re.sub(r"<[^>]+>", "*", each)))]
    assert gone == []


@pytest.mark.parametrize(("change", "most"), AT_MOST.items())
def test_a_change_stays_in_few_rooms(change: str, most: int) -> None:
    assert len(PLACE.findall(CHANGES[change])) <= most


def test_its_links_lead_somewhere() -> None:
    for name in ("CONTRIBUTING.md", "ARCHITECTURE.md", "SECURITY.md"):
        targets = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / name).read_text())
        assert targets
        assert [each for each in targets if not (ROOT / each).exists()] == []
