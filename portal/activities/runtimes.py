"""The runtimes of this host, made once a process from the settings."""

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from portal.engine.errors import ClusterError, RuntimeUnavailable
from portal.engine.runtimes.base import Image, Runtime

log = logging.getLogger(__name__)


def operator_images(runtime: str = "") -> dict[str, Image]:
    """The images that labs can choose from; for Docker, those that it has an image of."""
    return {
        name: Image(name=name, **{key: freeze(value) for key, value in fields.items()})
        for name, fields in settings.SLUICE_IMAGES.items()
        if runtime != "docker" or fields.get("docker")
    }


def freeze(value: Any) -> Any:
    """Lists in settings become tuples."""
    return tuple(value) if isinstance(value, list) else value


@lru_cache
def get_runtime(name: str) -> Runtime:
    """The runtime of that name. Raises KeyError for one that the settings don't have."""
    chosen: dict[str, Any] = settings.SLUICE_RUNTIMES[name]
    backend = import_string(chosen["BACKEND"])
    runtime: Runtime = backend(images=operator_images(name), **chosen.get("OPTIONS", {}))
    return runtime


def clusters_on_host() -> Iterator[tuple[Runtime, list[str]]]:
    """Each runtime and its clusters on this host. One that can't be reached has none to tell of."""
    for name in settings.SLUICE_RUNTIMES:
        runtime = get_runtime(name)
        try:
            yield runtime, runtime.list_all()
        except RuntimeUnavailable as error:
            log.debug("%s: %s", name, error)
        except ClusterError as error:
            log.warning("%s did not tell of its clusters: %s", name, error)
