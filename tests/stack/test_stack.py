"""docker-compose.yml brings up the portal; a lab passes through it; a backup brings it back."""

import io
import json
import re
import socket
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from tests.docker.engine import FIRST_TIME_SECONDS
from tests.faults.student import Student, Viewer, eventually
from tests.portal_process import free_port
from tests.stack.production import SECRETS, SERVED, Stack, stack

pytestmark = [pytest.mark.docker, pytest.mark.timeout(FIRST_TIME_SECONDS)]

LAB_SECONDS = 150.0
LOG = "log:mids"
FIRST_HOST = "local"
OTHER_NAME = "elsewhere.example"
ELSEWHERE = {
    "SLUICE_HOST": OTHER_NAME,
    "SLUICE_SECRET_KEY": "another-one-for-tests-9876543210zyxwvutsrqponmlkjihg",
    "SLUICE_DATABASE_PASSWORD": "another-database-0123456789",
    "SLUICE_REDIS_PASSWORD": "another-redis0123456789",
    "SLUICE_HOST_NAME": "elsewhere",
}
"""A machine that has nothing of the first one's but the backup, and another name for people."""


@pytest.fixture(scope="module")
def production(docker_engine: str) -> Iterator[Stack]:
    """The stack that these tests share; the last of them takes it down."""
    with stack(docker_engine) as made:
        made.compose("build", "web")
        yield made


@pytest.fixture
def trust(production: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the certificate that the proxy has made, and no other."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(production.certificate))


@pytest.fixture
def known_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The other name leads to this machine, as a DNS would say."""
    ask = socket.getaddrinfo

    def answer(host: Any, *args: Any, **kwargs: Any) -> Any:
        return ask("localhost" if host == OTHER_NAME else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_starts_without_a_secret(production: Stack, name: str) -> None:
    said = production.compose("config", fails=True, **{name: ""})
    assert f"{name} is missing - copy .env.example to .env and fill it in" in said


@pytest.mark.usefixtures("trust", "known_names")
def test_a_lab_passes_through_it_and_a_backup_brings_it_back(production: Stack) -> None:
    production.up()
    production.wait()
    each_is_confined(production)
    it_speaks_tls_alone(production)
    with production.explained():
        session = do_the_lab(production)
    what_is_wrong_is_told(production)

    backup = str(production.folder / "backup")
    production.run("deploy/backup", backup)
    tear_down(production)
    elsewhere = replace(production, changed=ELSEWHERE, port=free_port(), redirect_port=free_port())
    elsewhere.run("deploy/restore", backup)
    elsewhere.wait()
    it_speaks_tls_alone(elsewhere)
    nobody_is_there_under(production.host, elsewhere)
    all_is_there_again(elsewhere, session)
    tear_down(elsewhere)


def each_is_confined(production: Stack) -> None:
    """No right that can be done without; Docker's socket for the runner's two processes alone."""
    with_socket = set()
    for service in SERVED:
        (found,) = json.loads(production.docker("inspect", production.container(service)))
        host = found["HostConfig"]
        assert host["ReadonlyRootfs"], service
        assert host["CapDrop"] == ["ALL"], service
        assert "no-new-privileges:true" in host["SecurityOpt"], service
        assert bool(host["PortBindings"]) is (service == "proxy")
        if any("docker.sock" in each["Destination"] for each in found["Mounts"]):
            with_socket.add(service)
    assert with_socket == {"relay", "runner"}


def it_speaks_tls_alone(production: Stack) -> None:
    """Plain HTTP is sent to TLS, and what a client says of itself is not believed."""
    address = production.portal().address
    assert requests.get(f"{address}/healthz", timeout=10).text == "ok\n"
    plain = f"http://{production.host}:{production.redirect_port}/login/"
    answer = requests.get(plain, timeout=10, allow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["Location"].startswith(f"https://{production.host}")
    page = requests.get(f"{address}/login/", timeout=10, headers={"X-Forwarded-Proto": "http"})
    assert page.status_code == 200
    assert page.cookies.get_dict().keys() == {"__Host-csrftoken"}
    assert all(cookie.secure for cookie in page.cookies)
    assert requests.get(address, timeout=10, headers={"Host": "evil"}).text == ""


def nobody_is_there_under(name: str, production: Stack) -> None:
    """The name of before has no certificate here."""
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"https://{name}:{production.port}/login/", timeout=10)


def do_the_lab(production: Stack) -> str:
    """Week 10 from launch to table, the log by the socket; the session's name."""
    student = Student(production.portal(), "admin")
    session = student.launch()
    viewer = Viewer(student).follow(LOG)
    with viewer.watch(within=60):
        student.post(f"/s/{session}/run-all/")
        eventually(lambda: is_done(student), LAB_SECONDS, "all steps end")
        eventually(lambda: "GET / HTTP" in " ".join(viewer.texts(LOG)), 60, "the log comes")
    assert len(rows(student)) > 1
    # The container has no packages of the labs' own; a lab can be taken home from it all the same.
    answer = student.http.get(f"{production.portal().address}/s/{session}/home.zip", timeout=30)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as taken:
        assert "week10/docker-compose.yml" in taken.namelist()
    note = f"{production.environment['SLUICE_DOCKER_FOLDER']}/{session}/cluster.json"
    said = production.docker("exec", production.container("runner"), "cat", note)
    # Without their control groups, a lack of memory would be told as a crash.
    assert all(each["group"] for each in json.loads(said)["containers"].values())
    return session


def is_done(student: Student) -> bool:
    """Whether all steps but the last, which tears down, have passed."""
    page = student.page()
    states = dict(re.findall(r'data-testid="step-(\w+)" data-state="(\w+)"', page))
    lost = [step for step, state in states.items() if state in ("failed", "cancelled")]
    assert not lost, student.words(lost[0])
    return {state for step, state in states.items() if step != "down"} == {"passed"}


def rows(student: Student) -> list[str]:
    """The table of the newest extraction, line by line."""
    page = student.get(f"/s/{student.session}/results/")
    found = re.search(r"results/(\d+)\.csv", page)
    assert found is not None, page
    return student.get(f"/s/{student.session}/results/{found[1]}.csv").splitlines()


def what_is_wrong_is_told(production: Stack) -> None:
    """Words of what to do for mistakes in the settings, and an exit status."""
    once = ("run", "--rm", "--no-deps", "-T")
    said = production.compose(*once, "-e", "PGPASSWORD=wrong", "set-up", fails=True)
    assert "put that one into SLUICE_DATABASE_PASSWORD" in " ".join(said.split())
    said = production.compose(*once, "-e", "SLUICE_SECRET_KEY=short", "set-up", fails=True)
    assert "SECRET_KEY has less than 50 characters" in said
    nowhere = (*once, "-e", "SLUICE_DOCKER=unix:///nowhere.sock", "runner")
    said = production.compose(*nowhere, "python", "manage.py", "hosts", "verify", fails=True)
    assert "No Docker engine is running on this host" in said


def tear_down(production: Stack) -> None:
    """The commands of the guide, and nothing is left."""
    production.compose("stop", "proxy", "web")
    production.compose("exec", "-T", "runner", "python", "manage.py", "down")
    production.compose("down", "--volumes")
    assert production.leftovers() == []


def all_is_there_again(production: Stack, session: str) -> None:
    """The login, the session and its table; its host is another's, which is told and forgotten."""
    student = Student(production.portal(), "admin")
    assert f"/s/{session}/" in student.get("/sessions/")
    student.session = session
    assert len(rows(student)) > 1
    eventually(
        lambda: 'data-testid="silent-host"' in student.page(), 90, "its host is said to be silent"
    )
    student.post(f"/hosts/{FIRST_HOST}/forget/")
    assert student.status() == "ended"
    assert "the host that it ran on is gone" in student.page()
    assert len(rows(student)) > 1
    student.launch(120)
