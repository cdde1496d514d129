"""A transcript's script does week 10 again at home, and ends in the same table."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.catalog.images import operator_images
from portal.engine.runtimes.base import Runtime
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.drivers import VENV
from tests.docker.engine import FIRST_TIME_SECONDS
from tests.home.conftest import Take
from tests.home.engine import Engine
from tests.home.student import at_home
from tests.insights.week10 import do_with_edited_game, table
from tests.rows import make_session

pytestmark = [
    pytest.mark.docker,
    pytest.mark.sandbox,
    pytest.mark.django_db,
    pytest.mark.timeout(FIRST_TIME_SECONDS + 600),
]


@pytest.fixture
def runtime(tmp_path: Path) -> Iterator[Runtime]:
    """Where the session was."""
    folder = str(tmp_path / "run")
    made = SandboxRuntime(folder=folder, venv=str(VENV), images=operator_images())
    yield made
    for session in made.list_all():
        made.down(session)


def test_the_script_ends_in_the_same_table(
    runtime: Runtime, take_home: Take, home_engine: Engine, docker_engine: str
) -> None:
    """Put beside the compose file, as its first lines say, with no other change."""
    session = make_session()
    text = do_with_edited_game(session, runtime)
    folder = take_home("week10")
    (folder / "session.sh").write_text(text)
    subprocess.run(["bash", "-n", folder / "session.sh"], check=True)
    with at_home(folder, docker_engine):
        done = subprocess.run(
            ["bash", "session.sh"],
            cwd=folder,
            env={**os.environ, "DOCKER_HOST": docker_engine},
            capture_output=True,
            text=True,
            timeout=500,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        assert home_engine.left("week10") == []
    before = table(session.runs.get(step_id="extract").output)
    assert len(before) == 3 + 1 + 5, before
    assert table(done.stdout) == before
    assert "edited" in done.stdout
    assert done.stdout.count("Sword Purchased!") == 4
