"""Talk to a Docker engine; what it and the way to it can fail with, as typed errors."""

import contextlib
from collections.abc import Iterator
from typing import Any

import requests
from docker import APIClient
from docker.errors import APIError, DockerException, ImageNotFound
from docker.utils import kwargs_from_env

from portal.engine.errors import CapacityExceeded, ClusterError, RuntimeUnavailable
from portal.engine.runtimes.docker import walls

OLDEST_API = (1, 41)
"""Docker 20.10."""
ANSWER_SECONDS = 60
CONNECT_WORDS = {
    "Permission denied": (
        "The portal may not use Docker's socket.",
        "Add its user to the group docker (usermod -aG docker USER), log in anew, start it again.",
    ),
    "No such file": (
        "No Docker engine is running on this host.",
        "Install Docker and start it (apt-get install docker.io; systemctl start docker), or name "
        "its socket in DOCKER_HOST.",
    ),
}
NO_ANSWER = (
    "The Docker engine does not answer.",
    "Start it again (systemctl restart docker); its journal says why it ended.",
)


class Engine:
    """One engine, by its address; an empty one means DOCKER_HOST, or Docker's usual socket.

    `runs_by` is the program that it runs containers by, such as gVisor's `runsc`; empty means the
    engine's own choice, `auto` gVisor where it is set up for us.
    """

    def __init__(self, url: str = "", runs_by: str = ""):
        self.url = url
        self.runs_by = runs_by

    @contextlib.contextmanager
    def talk(self) -> Iterator[APIClient]:
        """A client, whose failures come as ClusterErrors."""
        with translated():
            client = self._client()
            try:
                yield client
            finally:
                client.close()

    def _client(self) -> APIClient:
        # A client each time: one that is shared by threads or forks mixes their answers up.
        if self.url:
            return APIClient(self.url, version="auto", timeout=ANSWER_SECONDS)
        return APIClient(version="auto", timeout=ANSWER_SECONDS, **kwargs_from_env())

    def version(self) -> str:
        """Which engine it is. Raises RuntimeUnavailable."""
        with self.talk() as client:
            found = client.version(api_version=False)
            runs_by = self.chosen(client)
        by = f", containers by {runs_by}" if runs_by else ""
        return f"Docker {found.get('Version')} (API {found.get('ApiVersion')}){by}"

    def check(self) -> None:
        """Return if it can run clusters. Raises RuntimeUnavailable."""
        with self.talk() as client:
            check_version(client.version(api_version=False))
            info = client.info()
        check_abilities(info)
        walls.check(info, self.runs_by)

    def chosen(self, client: APIClient) -> str:
        """The program that containers are run by; empty for the engine's own choice."""
        if self.runs_by != walls.IF_THERE:
            return self.runs_by
        return walls.choose(client.info(), self.runs_by)


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise ClusterErrors for what the SDK raises."""
    try:
        yield
    except ImageNotFound as error:
        raise missing_image(error.explanation or str(error)) from error
    except APIError as error:
        raise refused(error) from error
    except (DockerException, requests.RequestException) as error:
        raise no_engine(error) from error


def refused(error: APIError) -> ClusterError:
    """What the engine answered, typed."""
    words = str(error.explanation or error)
    if "no space left" in words:
        return CapacityExceeded(
            "The disk that Docker keeps its data on is full.",
            advice="Make room on the host: docker system df shows what takes it, "
            "docker image prune removes what nobody uses.",
        )
    if "cannot allocate memory" in words or "resource temporarily unavailable" in words:
        return CapacityExceeded("This host has no memory or processes left for a container.")
    if "API version" in words or "client version" in words:
        return too_old(words)
    return ClusterError(f"The Docker engine refused: {words[:300]}")


def no_engine(error: Exception) -> RuntimeUnavailable:
    """Why nobody answered, and what helps."""
    words = str(error)
    found = next((says for part, says in CONNECT_WORDS.items() if part in words), NO_ANSWER)
    message, advice = found
    return RuntimeUnavailable(message, advice=advice)


def missing_image(words: str) -> RuntimeUnavailable:
    """For an image that a lab may use and the engine hasn't got."""
    return RuntimeUnavailable(
        f"An image is missing on this host: {words[:200]}",
        advice="Build it: manage.py hosts prepare",
    )


def check_version(found: dict[str, Any]) -> None:
    """Raise RuntimeUnavailable for an engine that is too old, or not one for Linux."""
    version = str(found.get("ApiVersion", "0.0"))
    if tuple(int(part) for part in version.split(".")[:2]) < OLDEST_API:
        raise too_old(f"it is {found.get('Version')} (API {version})")
    if found.get("Os", "linux") != "linux":
        raise RuntimeUnavailable(
            "The Docker engine runs containers for another system than Linux.",
            advice="Switch Docker to Linux containers.",
        )


def too_old(words: str) -> RuntimeUnavailable:
    """For an engine, or an SDK, that does not know what the other says."""
    return RuntimeUnavailable(
        f"The Docker engine does not fit: {words[:200]}",
        advice="Install Docker 20.10 or newer, and run 'make up' again.",
    )


def check_abilities(info: dict[str, Any]) -> None:
    """Raise RuntimeUnavailable unless it can limit memory and processes: students' code runs."""
    for ability in ("MemoryLimit", "PidsLimit"):
        if info.get(ability) is False:
            raise RuntimeUnavailable(
                f"The Docker engine can't limit containers ({ability}).",
                advice="Start the kernel with its memory and pids control groups "
                "(cgroup_enable=memory), then start Docker again.",
            )
