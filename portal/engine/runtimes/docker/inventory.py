"""What an engine has of the images that labs run on, for a page to show."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.images import Found, digests, look


@dataclass(frozen=True, slots=True)
class Stock:
    """One image, as it is on this host."""

    tag: str
    state: str
    """*present*, *stale* (older than what it is built from) or *missing*."""
    size: int = 0
    """Bytes, those of its base included."""
    built_at: str = ""
    """As the engine tells it: ISO 8601."""


def inventory(
    engine: Engine, folder: Path, images: Mapping[str, Image], *, base: str = ""
) -> list[Stock]:
    """Every image that there should be. Raises ClusterError."""
    with engine.talk() as client:
        wanted = digests(folder, images, base)
        return [judge(job.tag, digest, look(client, job.tag)) for job, _, digest in wanted]


def judge(tag: str, digest: str, found: Found | None) -> Stock:
    """What is to be said of an image that should have this digest."""
    if found is None:
        return Stock(tag, "missing")
    state = "present" if found.digest == digest else "stale"
    return Stock(tag, state, found.size, found.built_at)
