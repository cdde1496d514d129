"""`docker-compose`, as it is typed in a session's terminal."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from portal.engine.guest.terminal import cluster, compose

SCRIPT = Path(compose.__file__).parent / "bin" / "docker-compose"
ENVIRONMENTS = {
    "mids": {"PATH": "/usr/bin:/bin", "WHO": "mids"},
    "kafka": {"PATH": "/usr/bin:/bin", "WHO": "kafka"},
}


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the agent notes them."""
    path = tmp_path / "services.json"
    path.write_text(json.dumps(ENVIRONMENTS))
    monkeypatch.setattr(compose, "SERVICES", path)
    monkeypatch.setattr(compose, "HOME", str(tmp_path))
    monkeypatch.setenv("SLUICE_SERVICE", "mids")
    return path


def typed(line: str, services: Path, name: str = "docker-compose") -> tuple[int, str, str]:
    """What a line prints, and how it ends."""
    code = (
        "import sys; from pathlib import Path; from portal.engine.guest.terminal import compose\n"
        f"compose.SERVICES = Path({str(services)!r})\n"
        f"sys.exit(compose.main({name!r}, sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *line.split()],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path.cwd()), "LANG": "C.UTF-8"},
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    "line",
    [
        "exec {} kafka env",
        "exec -T {} kafka env",
        "exec -it -u root --index=1 {} kafka env",
        "-f x.yml exec {} kafka env",
        "exec {} w205_kafka_1 env",
        "exec {} w205-kafka-1 env",
    ],
)
def test_a_command_runs_as_its_service_does(services: Path, tmp_path: Path, line: str) -> None:
    status, out, err = typed(line.format(f"-w {tmp_path}"), services)
    assert (status, err) == (0, "")
    assert {"WHO=kafka", "SLUICE_SERVICE=kafka"} <= set(out.splitlines())


def test_its_options_are_heeded(services: Path, tmp_path: Path) -> None:
    read = compose.read_exec(
        "x", ["-e", "A=1", "--env=B=2=3", "-w", "/tmp", "-d", "kafka", "ls", "-l", "-e"]
    )
    assert read.environment == {"A": "1", "B": "2=3"}
    assert (read.folder, read.is_detached) == ("/tmp", True)
    assert (read.service, read.argv) == ("kafka", ["ls", "-l", "-e"])


def test_docker_says_the_same(services: Path, tmp_path: Path) -> None:
    home = f"-w {tmp_path}"
    assert "WHO=kafka" in typed(f"exec {home} -it kafka env", services, "docker")[1]
    assert "WHO=mids" in typed(f"compose exec {home} mids env", services, "docker")[1]


@pytest.mark.parametrize(
    ("line", "status", "says"),
    [
        ("exec", 1, "Usage: docker-compose exec"),
        ("exec kafka", 1, "Usage: docker-compose exec"),
        ("exec hive ls", 1, "No such service: hive. There are: kafka, mids."),
        ("exec -w /tmp kafka no-such-program", 127, "kafka: no-such-program: command not found"),
        ("exec -w /nowhere kafka ls", 126, "/nowhere: No such file"),
        ("exec -w /tmp kafka /etc/passwd", 126, "/etc/passwd: "),
        ("up -d", 1, "is not up (Gone)"),
        ("logs -f hive", 1, "No such service: hive. There are: kafka, mids."),
        ("ps -q", 1, "no Docker in here"),
        ("rm -f", 1, "docker-compose down ends the cluster"),
        ("restart kafka", 1, "Reset, at the top of the page"),
        ("kill kafka", 1, "can't be stopped alone"),
        ("frobnicate", 1, "docker-compose frobnicate is not here"),
        ("", 1, "not here"),
    ],
)
def test_what_can_not_be_done_is_said(services: Path, line: str, status: int, says: str) -> None:
    done = typed(line, services)
    assert (done[0], says in done[2]) == (status, True), done


def test_services_are_listed(services: Path) -> None:
    assert typed("config --services", services)[1] == "kafka\nmids\n"
    assert typed("ps", services)[1].splitlines()[2:] == ["kafka   Gone", "mids    Gone"]


def test_the_page_asks_before_anything_ends(services: Path) -> None:
    status, out, _ = typed("down", services)
    assert (status, "Nothing ends before you say yes" in out) == (0, True)


def test_a_container_that_does_not_answer_is_told(services: Path) -> None:
    services.write_text(json.dumps({"mids": ENVIRONMENTS["mids"], "localhost": None}))
    status, _, err = typed("exec -T localhost ls", services)
    assert (status, err) == (1, "localhost does not answer: Connection refused.\n")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", cluster.Logs()),
        ("-f kafka", cluster.Logs(["kafka"], follows=True)),
        ("-t --tail 5 a b", cluster.Logs(["a", "b"], has_times=True, tail=5)),
        ("--tail=all", cluster.Logs()),
        ("--tail 0", cluster.Logs(tail=0)),
        ("--tail", cluster.Logs()),
    ],
)
def test_what_logs_are_wanted(typed: str, expected: cluster.Logs) -> None:
    assert cluster.read_logs(typed.split()) == expected


@pytest.mark.parametrize("content", [b"", b"[]", b'{"a": 1}', b"\xff", b"[" * 10_000])
def test_a_spoilt_list_is_said_to_be_that(services: Path, content: bytes) -> None:
    services.write_bytes(content)
    status, _, err = typed("exec kafka ls", services)
    assert status == 1
    assert "can't be read" in err


def test_it_can_be_run_by_name() -> None:
    assert os.access(SCRIPT, os.X_OK)
    done = subprocess.run(
        [sys.executable, "-IS", SCRIPT, "frobnicate"], capture_output=True, text=True, timeout=60
    )
    assert "docker-compose frobnicate is not here" in done.stderr
    assert SCRIPT.with_name("docker").read_text() == SCRIPT.read_text()
