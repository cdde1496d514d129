"""Labs that were taken home, on a real engine."""

import fcntl
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from portal.catalog import services
from tests.home.engine import Engine, repository, unpack
from tests.rows import make_user

Take = Callable[[str], Path]


@pytest.fixture(scope="session")
def home_engine(docker_engine: str) -> Iterator[Engine]:
    """The engine at home. One run at a time: the ports that a lab publishes are the host's."""
    if shutil.which("docker-compose") is None:
        pytest.skip("docker-compose is not installed: run 'make test'")
    lock = Path(tempfile.gettempdir()) / "sluice-tests-at-home.lock"
    with lock.open("w") as file, repository() as maven:
        fcntl.flock(file, fcntl.LOCK_EX)
        engine = Engine(docker_engine, maven)
        try:
            yield engine
        finally:
            engine.close()


@pytest.fixture
def take_home(db: None, tmp_path: Path, home_engine: Engine) -> Take:
    """Download a lab as a student does, and unpack it; its images are there."""

    def take(name: str) -> Path:
        services.store(services.read_folder(Path(settings.LABS_DIR) / name))[0]
        client = Client()
        client.force_login(make_user())
        response = client.get(f"/labs/{name}/home.zip")
        assert response.status_code == 200
        folder = unpack(response.content, tmp_path / "home")
        home_engine.prepare(folder)
        return folder

    return take
