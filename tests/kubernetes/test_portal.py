"""The chart brings up the portal, and a lab begins on it, by names and through its policies."""

import json
import socket
from typing import Any

import pytest

from tests.docker.engine import FIRST_TIME_SECONDS
from tests.faults.student import Student
from tests.kubernetes import portal
from tests.kubernetes.portal import CALLERS, HOST, NAMESPACE, SESSIONS, Production
from tests.portal_process import Portal
from tests.stack.production import ADMIN_PASSWORD

LAB_SECONDS = 600
pytestmark = [
    pytest.mark.kubernetes,
    pytest.mark.timeout(FIRST_TIME_SECONDS + LAB_SECONDS),
]


@pytest.fixture
def production(kubernetes_cluster, docker_engine):
    portal.bring_images(kubernetes_cluster, docker_engine)
    with portal.production(kubernetes_cluster) as made:
        yield made


@pytest.fixture
def visitors(production: Production, monkeypatch: pytest.MonkeyPatch) -> Portal:
    """The portal as people know it: its name leads to the ingress, and its certificate is good."""
    ask = socket.getaddrinfo
    at = production.address("ingress", CALLERS)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(production.certificate()))

    def answer(host: Any, *args: Any, **kwargs: Any) -> Any:
        return ask(at if host == HOST else host, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    nobody: Any = None
    return Portal(f"https://{HOST}", production.folder, nobody, {"admin": ADMIN_PASSWORD})


def test_a_lab_begins_on_a_portal_of_the_charts(production, docker_engine, request):
    users = [portal.user_of(docker_engine, name) for name in ("postgres", "redis")]
    with production.explained():
        production.bring_up(*users)
        nobody_else_reaches_its_parts(production)
        student = Student(request.getfixturevalue("visitors"), "admin", patience=60)
        session = student.launch(180)
        (pod,) = pods_of_sessions(production)
        assert pod["metadata"]["annotations"]["sluice.session"] == session
        student.run("topic", within=60)
        student.run("serve", state="serving", within=60)
        student.run("call", within=60)
        student.run("read", within=60)
        its_host_is_told_of(student)
        student.tear_down(60)
        assert pods_of_sessions(production) == []


def pods_of_sessions(production: Production) -> list[Any]:
    """Those that there are."""
    told = production.cluster.kubectl("get", "pods", "--namespace", SESSIONS, "--output", "json")
    return list(json.loads(told)["items"])


def nobody_else_reaches_its_parts(production: Production) -> None:
    """Not this host: only the ingress may call web, and only the portal its servers."""
    for part, port in (("web", 8000), ("postgres", 5432), ("redis", 6379)):
        with pytest.raises(OSError):  # noqa: PT011
            socket.create_connection((production.address(part), port), 5)
    for part, port in (("postgres", 5432), ("redis", 6379)):
        door = f"/dev/tcp/sluice-{part}.{NAMESPACE}.svc.cluster.local/{port}"
        knock = ("timeout", "5", "bash", "-c", f"exec 3<>{door} && echo in")
        inside = ("exec", "ingress", "--namespace", CALLERS, "--", *knock)
        assert production.said(*inside) == ""


def its_host_is_told_of(student: Student) -> None:
    """The runner's pod is a host, and its runtime is well."""
    page = student.get("/hosts/")
    assert "sluice-runner-0" in page
    assert f"namespace {SESSIONS}" in page
