"""Find and remove what the engine has of a session, by label alone: never anybody else's."""

import contextlib
import time
from collections.abc import Callable, Container, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from docker import APIClient
from docker.errors import APIError, NotFound

from portal.engine.errors import ClusterError
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.making import CONFLICT, Part
from portal.engine.runtimes.docker.names import PORTAL, SERVICE, SESSION

REMOVE_SECONDS = 30.0
PAUSE_SECONDS = 0.05
FORBIDDEN = 403
WORKERS = 8


def sessions(client: APIClient, mark: str) -> set[str]:
    """The sessions of a portal that the engine has any part of."""
    wanted = {"label": [f"{PORTAL}={mark}"]}
    containers: list[Part] = client.containers(all=True, filters=wanted)
    networks: list[Part] = client.networks(filters=wanted)
    volumes: list[Part] = client.volumes(filters=wanted)["Volumes"] or []
    parts = [*containers, *networks, *volumes]
    return {each["Labels"][SESSION] for each in parts if SESSION in (each["Labels"] or {})}


def remove(engine: Engine, mark: str, session: str) -> None:
    """Remove a session's containers, then its network and volume. Already gone is success.

    Raises ClusterError for what is still there after a while.
    """
    wanted = {"label": [f"{PORTAL}={mark}", f"{SESSION}={session}"]}
    deadline = time.monotonic() + REMOVE_SECONDS
    with engine.talk() as client:
        _remove_containers(engine, client.containers(all=True, filters=wanted), deadline)
        for network in client.networks(filters=wanted):
            _until_gone(partial(client.remove_network, network["Id"]), deadline)
        for volume in client.volumes(filters=wanted)["Volumes"] or ():
            _until_gone(partial(client.remove_volume, volume["Name"]), deadline)


def remove_services(engine: Engine, mark: str, session: str, services: Container[str]) -> None:
    """Remove the containers of some of a session's services. Already gone is success.

    Raises ClusterError for what is still there after a while.
    """
    wanted = {"label": [f"{PORTAL}={mark}", f"{SESSION}={session}"]}
    with engine.talk() as client:
        found: list[Part] = client.containers(all=True, filters=wanted)
    theirs = [each for each in found if (each["Labels"] or {}).get(SERVICE) in services]
    _remove_containers(engine, theirs, time.monotonic() + REMOVE_SECONDS)


def _remove_containers(engine: Engine, containers: list[Part], deadline: float) -> None:
    if containers:
        with ThreadPoolExecutor(min(WORKERS, len(containers))) as pool:
            # A list: an error is raised where it is read.
            list(pool.map(lambda each: _remove_container(engine, each["Id"], deadline), containers))


def _remove_container(engine: Engine, container: str, deadline: float) -> None:
    with engine.talk() as client:
        _until_gone(lambda: client.remove_container(container, force=True, v=True), deadline)
        # Somebody else's removal may still go on.
        for _ in _tries(deadline):
            try:
                client.inspect_container(container)
            except NotFound:
                return


def _until_gone(remove_it: Callable[[], object], deadline: float) -> None:
    """Remove it, again while the engine says that it is still in use."""
    for _ in _tries(deadline):
        with contextlib.suppress(NotFound):
            try:
                remove_it()
            except APIError as error:
                if "already in progress" in str(error.explanation):
                    return
                if error.status_code in (CONFLICT, FORBIDDEN) or "active" in str(error.explanation):
                    continue
                raise
        return


def _tries(deadline: float) -> Iterator[None]:
    while True:
        yield
        if time.monotonic() > deadline:
            raise ClusterError(
                f"Docker did not end the cluster in {REMOVE_SECONDS:g} s.",
                advice="Try again; if it stays, restart the Docker engine of this host.",
            )
        time.sleep(PAUSE_SECONDS)
