"""The stack of docker-compose.yml: bounds for all, secrets in nobody's arguments."""

import os
import re
import shlex
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from django.conf import settings

STACK: dict[str, Any] = yaml.safe_load((settings.BASE_DIR / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = STACK["services"]
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()
SECRET_NAMES = ("PASSWORD", "SECRET", "TOKEN")
OPERATING = (settings.BASE_DIR / "docs" / "operating.md").read_text()
NOT_IN_IT = {
    *("SLUICE_BIND", "SLUICE_PORT", "SLUICE_CONNECTIONS_AN_ADDRESS"),  # The proxy's work.
    *("SLUICE_VAR", "SLUICE_PARTS"),  # The image's.
    *("SLUICE_DOCKER", "SLUICE_KUBERNETES"),  # It has an engine, by its socket.
}
"""Settings that the stack's services can't be given."""


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_bounds(name: str) -> None:
    service = SERVICES[name]

    assert service["mem_limit"]
    assert 0 < service["pids_limit"] <= 2048
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_that_was_broken_into_has_no_rights_to_use(name: str) -> None:
    service = SERVICES[name]

    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])
    assert not {"privileged", "devices", "pid", "ipc", "network_mode"} & set(service)
    sockets = [each for each in service.get("volumes", []) if "docker.sock" in each]
    assert bool(sockets) == (name.removeprefix("host-") in ("runner", "relay"))


@pytest.mark.parametrize("name", SERVICES)
def test_whatever_speaks_with_an_own_server_can_read_its_certificate_and_nothing_writes_it(
    name: str,
) -> None:
    mounts = [each for each in SERVICES[name].get("volumes", []) if ":/trusted" in each]
    speaks = "DATABASE_URL" in SERVICES[name].get("environment", {})

    assert mounts == (["${SLUICE_TRUSTED:-./deploy/trusted}:/trusted:ro"] if speaks else [])


@pytest.mark.parametrize("name", SERVICES)
def test_no_scratch_space_is_unsized(name: str) -> None:
    assert SERVICES[name]["tmpfs"]
    assert all("size=" in each for each in SERVICES[name]["tmpfs"])


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_that_stays_is_asked_how_it_is(name: str) -> None:
    service = SERVICES[name]

    assert service["restart"] == "no" or service["healthcheck"]["test"]


@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_is_among_a_process_s_arguments(name: str) -> None:
    """Compose fills in ${…} before anything runs; $$… is left to the container's shell."""
    said = SERVICES[name].get("command", []) + SERVICES[name].get("healthcheck", {}).get("test", [])
    for word in said:
        filled_in = word.replace("$$", "")
        assert not any(f"${{SLUICE_{each}" in filled_in for each in SECRET_NAMES)
        assert "--requirepass" not in word


@pytest.mark.parametrize("name", ["postgres", "redis", "proxy"])
def test_third_party_images_can_be_pinned(name: str) -> None:
    key = SERVICES[name]["image"].removeprefix("${").partition(":-")[0]

    assert key == f"SLUICE_{name.upper()}_IMAGE"
    assert f"#{key}=" in EXAMPLE
    assert "@sha256:" in EXAMPLE


def test_redis_takes_its_password_by_its_standard_input(tmp_path: Path) -> None:
    """Its command is run as it is, but for the folder and the port."""
    shell, flag, script = SERVICES["redis"]["command"]
    socket = tmp_path / "redis.sock"
    script = script.replace("$$", "$").replace("--dir /data", f"--dir {shlex.quote(str(tmp_path))}")
    script = script.replace("--bind 0.0.0.0", f"--port 0 --unixsocket {shlex.quote(str(socket))}")
    environment = {**os.environ, "REDISCLI_AUTH": "only-for-this-test"}
    argv = [shell, flag, script]
    server = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not socket.exists():
            assert server.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        arguments = Path(f"/proc/{server.pid}/cmdline").read_bytes()
        assert b"redis-server" in arguments
        assert b"only-for-this-test" not in arguments
        client = redis.Redis(unix_socket_path=str(socket), password="only-for-this-test")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(unix_socket_path=str(socket)).ping()
    finally:
        server.terminate()
        server.wait()


def test_a_further_host_has_a_runner_alone() -> None:
    """Without the servers of the first, and with a way to them."""
    alone = {name for name, each in SERVICES.items() if "host" in each.get("profiles", [])}
    assert alone == {"host-runner", "host-relay"}
    assert not any(SERVICES[name]["depends_on"] for name in alone)
    assert not any(STACK["networks"][each] for name in alone for each in SERVICES[name]["networks"])
    for name in alone:
        first = SERVICES[name.removeprefix("host-")]
        assert SERVICES[name]["command"] == first["command"]
        differs = {
            key
            for key, value in SERVICES[name]["environment"].items()
            if first["environment"][key] != value
        }
        assert differs == {"DATABASE_URL", "REDIS_URL"}


def test_what_operators_may_set_reaches_the_services() -> None:
    rows = [row.split("|")[1] for row in OPERATING.splitlines() if row.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`(SLUICE_[A-Z0-9_]+)`", row)}
    given = set(SERVICES["runner"]["environment"])

    assert len(documented) > 30
    assert documented - NOT_IN_IT == documented & given
