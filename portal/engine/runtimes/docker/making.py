"""Make a part of a cluster exactly once, also when the engine's answer to that gets lost."""

from collections.abc import Callable
from typing import Any

import requests
from docker import APIClient
from docker.errors import APIError, NotFound

from portal.engine.runtimes.docker.names import LEASE

TRIES = 3
CONFLICT = 409

Part = dict[str, Any]
"""What the engine tells of a part."""


def once(look: Callable[[], str | None], make: Callable[[], str]) -> str:
    """The id of what `look` finds; of what `make` makes when there is none.

    A lost answer, or somebody who was quicker, is a reason to look again.
    """
    for attempt in range(TRIES):
        found = look()
        if found is not None:
            return found
        try:
            return make()
        except (requests.ConnectionError, requests.Timeout):
            if attempt == TRIES - 1:
                raise
        except APIError as error:
            if error.status_code != CONFLICT or attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def surely(do: Callable[[], object]) -> None:
    """Do what may be done twice, until its answer arrives."""

    def done() -> str:
        do()
        return ""

    once(lambda: None, done)


def find_container(client: APIClient, name: str, lease: str) -> str | None:
    """The id of our container of that name. One that an earlier launch left is removed."""
    try:
        found: Part = client.inspect_container(name)
    except NotFound:
        return None
    if (found["Config"]["Labels"] or {}).get(LEASE) == lease:
        return str(found["Id"])
    client.remove_container(found["Id"], force=True, v=True)
    return None
