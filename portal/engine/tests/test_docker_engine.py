"""What a Docker engine can fail with, in words that help. No engine is needed."""

import socket
import threading
from pathlib import Path

import pytest
import requests
from docker.errors import APIError, DockerException, ImageNotFound

from portal.engine.errors import CapacityExceeded, ClusterError, RuntimeUnavailable
from portal.engine.runtimes.docker.engine import (
    Engine,
    check_abilities,
    check_version,
    translated,
)


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
    check_version({"Version": "20.10", "ApiVersion": "1.41", "Os": "linux"})
    check_version({"Version": "29.0", "ApiVersion": "1.52", "Os": "linux"})


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
