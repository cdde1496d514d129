"""What a Docker engine can fail with, in words that help. No engine is needed."""

import socket
import threading
from pathlib import Path
from typing import Any, cast

import pytest
import requests
from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound

from portal.engine.errors import CapacityExceeded, ClusterError, RuntimeUnavailable
from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.docker import walls
from portal.engine.runtimes.docker.containers import Recipe
from portal.engine.runtimes.docker.engine import (
    Engine,
    check_abilities,
    check_version,
    translated,
)
from portal.engine.runtimes.docker.names import Names


def test_no_engine_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(RuntimeUnavailable, match="No Docker engine") as caught:
        Engine(f"unix://{tmp_path}/none.sock").check()
    assert "apt-get install docker.io" in caught.value.advice


def test_an_engine_that_ended_says_how_to_start_it(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "d.sock"))
    with pytest.raises(RuntimeUnavailable, match="does not answer") as caught:
        Engine(f"unix://{tmp_path}/d.sock").check()
    assert "systemctl restart docker" in caught.value.advice


def test_a_socket_without_rights_names_the_group() -> None:
    error = DockerException("Error while fetching server API version: Permission denied")
    with pytest.raises(RuntimeUnavailable, match="may not use") as caught, translated():
        raise error
    assert "usermod -aG docker" in caught.value.advice


def test_something_else_behind_the_socket_is_no_engine(tmp_path: Path) -> None:
    path = Path(tmp_path / "x.sock")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        server.listen()

        def answer() -> None:
            for _ in range(2):
                caller, _address = server.accept()
                with caller:
                    caller.recv(4096)
                    caller.sendall(b"-ERR unknown command\r\n")

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(RuntimeUnavailable):
            Engine(f"unix://{path}").check()


@pytest.mark.parametrize("version", ["1.40", "1.24", "0.9"])
def test_an_engine_too_old_is_told_what_is_new_enough(version: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=version) as caught:
        check_version({"Version": "19.03", "ApiVersion": version, "Os": "linux"})
    assert "20.10" in caught.value.advice


def test_an_engine_new_enough_is_fine() -> None:
    assert not is_refused({"Version": "20.10", "ApiVersion": "1.41", "Os": "linux"})
    assert not is_refused({"Version": "29.0", "ApiVersion": "1.52", "Os": "linux"})


def is_refused(told: dict[str, str]) -> bool:
    """Whether an engine of that version is too old."""
    try:
        check_version(told)
    except RuntimeUnavailable:
        return True
    return False


def test_containers_of_another_system_are_none_of_ours() -> None:
    with pytest.raises(RuntimeUnavailable, match="another system"):
        check_version({"ApiVersion": "1.45", "Os": "windows"})


@pytest.mark.parametrize("ability", ["MemoryLimit", "PidsLimit"])
def test_an_engine_without_limits_runs_no_students_code(ability: str) -> None:
    with pytest.raises(RuntimeUnavailable, match=ability):
        check_abilities({"MemoryLimit": True, "PidsLimit": True, ability: False})


def test_a_full_disk_says_how_to_make_room() -> None:
    with pytest.raises(CapacityExceeded, match="disk") as caught, translated():
        raise APIError("500", explanation="write /var/lib/docker/x: no space left on device")
    assert "docker system df" in caught.value.advice


def test_a_missing_image_says_what_builds_it() -> None:
    with pytest.raises(RuntimeUnavailable, match="sluice/mids:1") as caught, translated():
        raise ImageNotFound("404", explanation="No such image: sluice/mids:1")
    assert "hosts prepare" in caught.value.advice


@pytest.mark.parametrize("error", [requests.ReadTimeout("60 s"), requests.ConnectionError("reset")])
def test_an_engine_that_hangs_or_restarts_is_unavailable(error: Exception) -> None:
    with pytest.raises(RuntimeUnavailable), translated():
        raise error


def test_any_other_refusal_is_told_in_its_own_words() -> None:
    with pytest.raises(ClusterError, match="invalid mount config"), translated():
        raise APIError("400", explanation="invalid mount config for type bind")


SET_UP = {"path": "/usr/local/bin/runsc", "runtimeArgs": ["--host-uds=all"]}
KNOWN = {"Runtimes": {"runc": {"path": "runc"}, "runsc": SET_UP}}
BARE = {"Runtimes": {"runc": {"path": "runc"}, "runsc": {"path": "/usr/local/bin/runsc"}}}


def runs_nothing(wanted: str) -> bool:
    try:
        walls.check(KNOWN, wanted)
    except RuntimeUnavailable:
        return True
    return False


def test_an_engine_that_has_what_is_to_run_containers_will_do() -> None:
    assert [each for each in ("", "auto", "runc", "runsc", "kata") if runs_nothing(each)] == [
        "kata"
    ]


def test_an_engine_without_what_is_to_run_containers_runs_nothing() -> None:
    with pytest.raises(RuntimeUnavailable, match="only by runc, runsc") as caught:
        walls.check(KNOWN, "kata")
    assert "SLUICE_DOCKER_RUNTIME" in caught.value.advice


def test_gvisor_that_lets_no_agent_out_runs_nothing() -> None:
    with pytest.raises(RuntimeUnavailable, match="without --host-uds=all") as caught:
        walls.check(BARE, "runsc")
    assert "runtimeArgs" in caught.value.advice


@pytest.mark.parametrize(
    ("info", "wanted", "chosen"),
    [
        (KNOWN, "auto", "runsc"),
        (BARE, "auto", ""),
        ({}, "auto", ""),
        (KNOWN, "", ""),
        (KNOWN, "runc", "runc"),
    ],
)
def test_gvisor_is_taken_where_it_is_set_up(info: dict[str, Any], wanted: str, chosen: str) -> None:
    assert walls.choose(info, wanted) == chosen


class Told:
    """An engine's client that starts nothing and remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[dict[str, Any]] = []

    def version(self, api_version: bool = True) -> dict[str, str]:
        return {"Version": "28.0", "ApiVersion": "1.48", "Os": "linux"}

    def info(self) -> dict[str, Any]:
        return KNOWN

    def create_host_config(self, **asked: Any) -> dict[str, Any]:
        self.asked.append(asked)
        return APIClient.create_host_config(cast(APIClient, self), **asked)

    _version = "1.48"

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("runs_by", "said"), [("runsc", "runsc"), ("auto", "runsc"), ("", None)])
def test_containers_are_made_for_what_is_to_run_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs_by: str, said: str | None
) -> None:
    told = Told()
    monkeypatch.setattr(Engine, "_client", lambda _: told)
    engine = Engine(runs_by=runs_by)
    engine.check()
    assert ("containers by runsc" in engine.version()) == (said == "runsc")
    scratch = {"/tmp": 1, "/data": 1, "/dev/shm": 1}
    service = ServiceSpec(name="mids", image="mids")
    recipe = Recipe(
        Names("m", "s", "l"), service, "i", scratch, tmp_path, engine.chosen(cast(APIClient, told))
    )
    made = recipe._confinement(cast(APIClient, told))
    assert made.get("Runtime") == said
    assert made["CapDrop"] == ["ALL"]
