"""Who can be spoken to comes from the lab, and from nowhere else."""

import pytest

from portal.engine.lab.spec import LabSpec
from portal.wire import places
from portal.wire.examples import EXAMPLES, fill
from tests.rows import make_session


@pytest.fixture
def week10(db: None) -> LabSpec:
    return make_session().spec


def test_the_labs_servers_are_named_with_the_step_that_starts_them(week10: LabSpec) -> None:
    first, *others = places.spots(week10)
    assert first.key == "localhost:5000"
    assert (first.place.service, first.starts) == ("mids", week10.step("serve").title)
    assert {each.key for each in others} >= {"kafka:29092"}
    assert len({each.key for each in (first, *others)}) == 1 + len(others)


def test_nobody_else_is_to_be_found(week10: LabSpec) -> None:
    assert places.find(week10, "localhost:5000") is not None
    for key in ("example.com:80", "localhost:22", "localhost", ""):
        assert places.find(week10, key) is None


def test_examples_are_whole_where_they_should_be() -> None:
    texts = {each.title: fill(each, "localhost", 5000) for each in EXAMPLES}
    assert texts["POST with a body"].endswith('\n\n{"sword": "no"}')
    assert texts["Keep-alive: two requests"].count("Host: localhost:5000") == 2
