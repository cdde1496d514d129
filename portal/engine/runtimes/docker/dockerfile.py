"""The Dockerfile of an image: its own if there is one beside its image.toml, else the usual one."""

import re
from collections.abc import Collection, Iterator

from portal.engine.runtimes.agent.layout import GUEST
from portal.engine.runtimes.base import Image
from portal.images.spec import COMMANDS

PACKAGES = re.compile(r"^ARG PACKAGES=.*$", re.MULTILINE)
INSTALL = """\
RUN apt-get update \\
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {packages} \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/log/*.log \\
    && find / -xdev -type f -perm /6000 -exec chmod a-s {{}} +
"""
TRAINING_SECONDS = 900
ATTEMPT = """\
{{ timeout -k 9 {seconds} sh {script} \\
      || {{ echo "{without}"; rm -rf {folder}/*; }}; }}"""
"""Only speed hangs on archives: without them a build goes on. Half of one would end a JVM."""
WITHOUT = "Note: {name} has no archives of Java's classes and starts slower; its training failed"
TRAIN = """\
# One start and one end, so that Java keeps archives of its classes: later starts take half.
RUN mkdir -p {folder} \\
    && {attempt} \\
    && rm -rf /data /tmp/* /w205/*
"""
COMPILE = """\
# No process in a container may write what Python compiles: each would do it anew.
RUN /opt/venv/bin/python -m compileall -qq {folder} || true
"""
PACKAGES_FOLDER = "/opt/venv/lib"


def text(image: Image, parent: str, trees: Collection[str]) -> str:
    """The whole file. `trees` are the folders that there are in its context."""
    return own_text(image) or "".join(usual(image, parent, trees))


def own_text(image: Image) -> str:
    """The Dockerfile beside its image.toml, told which packages it wants; empty without one."""
    own = image.beside("Dockerfile")
    packages = f'ARG PACKAGES="{" ".join(image.packages)}"'
    return PACKAGES.sub(packages, own.read_text()) if own else ""


def usual(image: Image, parent: str, trees: Collection[str]) -> Iterator[str]:
    """Its lines, in the order in which they change the least."""
    yield f"ARG BASE={parent}\nFROM ${{BASE}}\nUSER root\n"
    if image.packages:
        yield INSTALL.format(packages=" ".join(image.packages))
    if "packages" in trees:
        yield f"COPY packages/ /\n{COMPILE.format(folder=PACKAGES_FOLDER)}"
    if "parts" in trees:
        yield "COPY parts/ /\n"
    if image.archive:
        script = f"{COMMANDS}{image.name}/{image.archive.train}"
        # The guest's programs change more often than what most archives are made of.
        yield f"COPY code{COMMANDS} {COMMANDS}\n" if not image.archive.guest else ""
        yield "COPY code/ /\n" if image.archive.guest else ""
        folder = image.archive.folder
        yield TRAIN.format(folder=folder, attempt=attempt(image.name, folder, script))
    yield f"COPY code/ /\n{COMPILE.format(folder=GUEST)}USER student\n"


def attempt(name: str, folder: str, script: str, seconds: int = TRAINING_SECONDS) -> str:
    """The shell's words that make archives; where they can't be made they say so and succeed."""
    without = WITHOUT.format(name=name)
    return ATTEMPT.format(seconds=seconds, script=script, without=without, folder=folder)
