"""What an engine has of the images that labs run on, for a page to show."""

from collections.abc import Mapping

from portal.engine.runtimes.base import Image, Stock
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.images import Found, digests, find_image


def inventory(engine: Engine, images: Mapping[str, Image], *, base: str = "") -> list[Stock]:
    """Every image that there should be. Raises ClusterError."""
    with engine.talk() as client:
        wanted = digests(images, base)
        return [judge(job.tag, digest, find_image(client, job.tag)) for job, _, digest in wanted]


def judge(tag: str, digest: str, found: Found | None) -> Stock:
    """What is to be said of an image that should have this digest."""
    if found is None:
        return Stock(tag, "missing")
    state = "present" if found.digest == digest else "stale"
    return Stock(tag, state, found.size, found.built_at)
