"""The Docker images of this host, as the settings name them. Only the runner calls this."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings

from portal.activities.runtimes import operator_images
from portal.engine.runtimes.docker import images
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.images import Built
from portal.engine.runtimes.docker.inventory import Stock
from portal.engine.runtimes.docker.inventory import inventory as take_stock


def engine() -> Engine:
    """The host's engine, whether it is there or not."""
    docker: dict[str, Any] = settings.SLUICE_RUNTIMES.get("docker", {})
    return Engine(docker.get("OPTIONS", {}).get("url", ""))


def prepare(*, base: str = "", anew: bool = False, only_look: bool = False) -> Iterator[Built]:
    """Have every image, and yield what happens. Raises ClusterError."""
    return images.prepare(
        engine(),
        Path(settings.IMAGES_DIR),
        operator_images("docker"),
        base=base or settings.SLUICE_BASE_IMAGE,
        anew=anew,
        only_look=only_look,
    )


def inventory() -> list[Stock]:
    """What the host has of them. Raises ClusterError."""
    return take_stock(
        engine(),
        Path(settings.IMAGES_DIR),
        operator_images("docker"),
        base=settings.SLUICE_BASE_IMAGE,
    )
