"""The commands of STEPS.md, as they stand there, in a terminal, on the folder as it came."""

import pytest

from portal.engine.lab.parse import load_lab
from portal.parts.places import ROOT
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.home.conftest import Take
from tests.home.engine import Engine
from tests.home.student import at_home

pytestmark = [
    pytest.mark.docker,
    pytest.mark.django_db,
    pytest.mark.timeout(FIRST_TIME_SECONDS + 300),
]


@pytest.mark.parametrize("name", ["week10", "week10-kraft"])
def test_the_steps_can_be_typed_at_home(
    name: str, take_home: Take, home_engine: Engine, docker_engine: str
) -> None:
    folder = take_home(name)
    lab = load_lab(ROOT / "labs" / name).spec
    with at_home(folder, docker_engine) as student:
        for step in lab.steps:
            # Spark is the same in both.
            if name == "week10-kraft" and step.run.kind == "spark":
                continue
            if step.run.needs_somebody:
                continue
            student.do(step)
            if step.run.kind == "up":
                assert len(home_engine.left(name)) == len(lab.services) + 1
        assert home_engine.left(name) == []
