"""The runtimes of this host, made once a process from the settings."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from portal.engine.runtimes.base import Image, Runtime


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
