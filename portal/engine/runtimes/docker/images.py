"""Build and verify the images that labs run on: one base, and one for each kind of service."""

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from docker import APIClient
from docker.errors import APIError, ImageNotFound

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker.context import COMMANDS, Context, base_context, image_context
from portal.engine.runtimes.docker.engine import Engine

DIGEST = "sluice.digest"
BASE = "sluice/base:1"
BASE_FOLDER = "base"
BUILD_SECONDS = 1800
PARENT = re.compile(r"^ARG BASE=(\S+)$", re.MULTILINE)
PROXIES = ("http_proxy", "https_proxy", "no_proxy")
LAST_LINES = 8
HOSTS = {"zookeeper": "127.0.0.2", "kafka": "127.0.0.3"}
"""Where a build that starts ZooKeeper and a broker finds them."""


@dataclass(frozen=True, slots=True)
class Built:
    """What came of one image; `says` is a line of a build that still runs."""

    tag: str
    says: str = ""
    is_done: bool = False
    is_new: bool = False
    seconds: float = 0.0
    size: int = 0
    """Bytes, those of its base included."""


@dataclass(frozen=True, slots=True)
class Job:
    """One image to have."""

    tag: str
    folder: Path
    image: Image | None
    """None for the base."""

    @property
    def parent(self) -> str:
        """The image that its Dockerfile starts from, unless told otherwise."""
        found = PARENT.search((self.folder / "Dockerfile").read_text())
        if found is None:
            raise RuntimeUnavailable(f"{self.folder.name}/Dockerfile has no line ARG BASE=…")
        return found[1]

    def context(self) -> Context:
        """What it is built from."""
        return image_context(self.folder, self.image) if self.image else base_context(self.folder)


def jobs(folder: Path, images: Mapping[str, Image]) -> list[Job]:
    """All images, each after the one that it starts from; the base is in `folder`.

    A Dockerfile lies beside the image's own commands.
    """
    left = [
        Job(each.docker, Path(each.binds.get(f"{COMMANDS}{name}", folder / name)), each)
        for name, each in sorted(images.items())
    ]
    found = [Job(BASE, folder / BASE_FOLDER, None)]
    while left:
        tags = {job.tag for job in found}
        ready = [job for job in left if job.parent in tags]
        if not ready:
            names = ", ".join(job.tag for job in left)
            raise RuntimeUnavailable(f"These images start from none of the others: {names}")
        found += ready
        left = [job for job in left if job not in ready]
    return found


def prepare(
    engine: Engine,
    folder: Path,
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
    for job, context, digest in digests(folder, images, base):
        started = time.monotonic()
        with engine.talk() as client:
            found = look(client, job.tag)
            if anew or found is None or found.digest != digest:
                if only_look:
                    raise stale(job.tag, found is None)
                for line in build(client, job, context, digest, base=base, anew=anew):
                    yield Built(job.tag, says=line)
                replaced += [found.id] if found else []
                now = look(client, job.tag)
                size = now.size if now else 0
                seconds = time.monotonic() - started
                yield Built(job.tag, is_done=True, is_new=True, seconds=seconds, size=size)
            else:
                yield Built(job.tag, is_done=True, size=found.size)
    with engine.talk() as client:
        # The other way round: an image can't go before those that start from it.
        for image_id in reversed(replaced):
            remove(client, image_id)


def digests(
    folder: Path, images: Mapping[str, Image], base: str
) -> Iterator[tuple[Job, Context, str]]:
    """Each image with what it is built from, and what that comes to."""
    found: dict[str, str] = {}
    for job in jobs(folder, images):
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


def look(client: APIClient, tag: str) -> Found | None:
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
    is_base = job.image is None
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
            # Only the base needs a network: the host's, whose way to a mirror is known to work.
            network_mode="host" if is_base else "none",
            extra_hosts={} if is_base else HOSTS,
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
