"""Build and verify the images that labs run on: one base, and one for each kind of service."""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from docker import APIClient
from docker.errors import APIError, ImageNotFound

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.base import Built, Image
from portal.engine.runtimes.docker.context import Context, image_context
from portal.engine.runtimes.docker.engine import Engine

DIGEST = "sluice.digest"
BUILD_SECONDS = 1800
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
LAST_LINES = 8


@dataclass(frozen=True, slots=True)
class Job:
    """One image to have, after the one with the tag `parent`."""

    image: Image
    parent: str

    @property
    def tag(self) -> str:
        """Its name for Docker."""
        return self.image.tag

    @property
    def is_base(self) -> bool:
        """Whether it starts from none of the others."""
        return not self.image.starts_from

    def context(self) -> Context:
        """What it is built from."""
        return image_context(self.image, self.parent)


def jobs(images: Mapping[str, Image]) -> list[Job]:
    """All images, each after the one that it starts from; without those yet to be asked for."""
    found: dict[str, Job] = {}
    left = sorted((each for each in images.values() if each.is_here), key=lambda each: each.name)
    while left:
        ready = [each for each in left if not each.starts_from or each.starts_from in found]
        if not ready:
            names = ", ".join(each.tag for each in left)
            raise RuntimeUnavailable(f"These images start from none of the others: {names}")
        for each in ready:
            found[each.name] = Job(each, found[each.starts_from].tag if each.starts_from else "")
        left = [each for each in left if each not in ready]
    return list(found.values())


def prepare(
    engine: Engine,
    images: Mapping[str, Image],
    *,
    base: str = "",
    anew: bool = False,
    only_look: bool = False,
) -> Iterator[Built]:
    """Have every image, built from what is here now; yield what happens.

    `base` is what the base image starts from, instead of what its Dockerfile says. `anew` pulls
    and builds even what is up to date; `only_look` raises RuntimeUnavailable for what isn't.
    What was replaced is removed, but for an image that a container is still made of.
    """
    engine.check()
    replaced: list[str] = []
    for job, context, digest in digests(images, base):
        started = time.monotonic()
        with engine.talk() as client:
            found = find_image(client, job.tag)
            if anew or found is None or found.digest != digest:
                if only_look:
                    raise stale(job.tag, found is None)
                for line in build(client, job, context, digest, base=base, anew=anew):
                    yield Built(job.tag, says=line)
                replaced += [found.id] if found else []
                now = find_image(client, job.tag)
                size = now.size if now else 0
                seconds = time.monotonic() - started
                yield Built(job.tag, is_done=True, is_new=True, seconds=seconds, size=size)
            else:
                yield Built(job.tag, is_done=True, size=found.size)
    with engine.talk() as client:
        # The other way round: an image can't go before those that start from it.
        for image_id in reversed(replaced):
            remove(client, image_id)


def digests(images: Mapping[str, Image], base: str) -> Iterator[tuple[Job, Context, str]]:
    """Each image with what it is built from, and what that comes to."""
    found: dict[str, str] = {}
    for job in jobs(images):
        context = job.context()
        # An image is as old as the one that it starts from.
        digest = found[job.tag] = context.digest(found.get(job.parent, base))
        yield job, context, digest


def stale(tag: str, is_missing: bool) -> RuntimeUnavailable:
    """For an image that `prepare` would build."""
    word = "missing" if is_missing else "older than what it is built from"
    return RuntimeUnavailable(
        f"The image {tag} is {word}.", advice="Build it: manage.py hosts prepare"
    )


@dataclass(frozen=True, slots=True)
class Found:
    """An image that the engine has."""

    id: str
    digest: str
    size: int
    built_at: str


def find_image(client: APIClient, tag: str) -> Found | None:
    """What the engine has under a tag."""
    try:
        image: dict[str, Any] = client.inspect_image(tag)  # type: ignore[no-untyped-call]
    except ImageNotFound:
        return None
    labels = image["Config"]["Labels"] or {}
    return Found(
        str(image["Id"]), labels.get(DIGEST, ""), int(image["Size"]), str(image["Created"])
    )


def remove(client: APIClient, image_id: str) -> None:
    """Remove an image without a name. One that has a name again, or is in use, stays."""
    with contextlib.suppress(ImageNotFound):
        image: dict[str, Any] = client.inspect_image(image_id)  # type: ignore[no-untyped-call]
        if not image["RepoTags"]:
            try:
                client.remove_image(image_id)
            except APIError as error:
                if error.status_code != HTTPStatus.CONFLICT:
                    raise


def build(
    client: APIClient, job: Job, context: Context, digest: str, *, base: str, anew: bool
) -> Iterator[str]:
    """Build an image, and yield the lines of its log. Raises RuntimeUnavailable."""
    is_base = job.is_base
    # Only for Debian's packages: the host's, whose way to a mirror is known to work.
    needs_network = is_base or job.image.packages
    arguments = {"BASE": base} if is_base and base else {}
    said: list[str] = []
    with tempfile.TemporaryFile() as file:
        context.write(file)
        client.timeout = BUILD_SECONDS
        for event in client.build(
            fileobj=file,
            custom_context=True,
            tag=job.tag,
            buildargs=arguments | proxies(),
            labels={DIGEST: digest},
            network_mode="host" if needs_network else "none",
            pull=anew and is_base and not base,
            nocache=anew,
            rm=True,
            forcerm=True,
            decode=True,
        ):
            for line in str(event.get("stream") or event.get("error") or "").splitlines():
                if line.strip():
                    said.append(line.strip())
                    yield line.strip()
            if "error" in event:
                raise RuntimeUnavailable(
                    f"The image {job.tag} could not be built: {' / '.join(said[-LAST_LINES:])}",
                    advice="Read the lines above. Without a network, name a base image that is "
                    "here: manage.py hosts prepare --base IMAGE",
                )


def proxies() -> dict[str, str]:
    """The proxies of this host, for programs that run in a build; no image keeps them."""
    names = [*PROXIES, *(name.upper() for name in PROXIES)]
    return {name: os.environ[name] for name in names if name in os.environ}
