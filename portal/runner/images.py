"""The images of this host, in whichever runtimes make some. Only the runner calls this."""

from collections.abc import Iterator

from django.conf import settings

from portal.engine.runtimes.base import Built, Runtime, Stock
from portal.runner.runtimes import get_runtime


def makers() -> list[Runtime]:
    """The runtimes that make images of their own."""
    found = [get_runtime(name) for name in settings.SLUICE_RUNTIMES]
    return [each for each in found if each.makes_images]


def prepare(*, base: str = "", anew: bool = False, only_look: bool = False) -> Iterator[Built]:
    """Have every image, and yield what happens. Raises ClusterError."""
    for runtime in makers():
        yield from runtime.prepare(base=base, anew=anew, only_look=only_look)


def inventory() -> list[Stock]:
    """What the host has of them. Raises ClusterError."""
    return [stock for runtime in makers() for stock in runtime.stock()]
