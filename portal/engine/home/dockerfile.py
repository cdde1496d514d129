"""The Dockerfile of an image at home.

What every image starts with stands first and alike, so that Docker builds it once.
"""

from collections.abc import Iterator, Sequence

from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker.dockerfile import own_text
from portal.images.spec import COMMANDS

FROM = "FROM ${BASE}"
PACKAGES = """\

# Python packages, from PyPI or the index that is named.
FROM base AS packages
USER root
RUN apt-get update \\
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\
        python3-pip python3-setuptools python3-wheel
COPY requirements.txt /tmp/
ARG PIP_INDEX_URL
RUN site="$(/opt/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \\
    && python3 -m pip install --require-hashes --no-build-isolation --no-cache-dir \\
        --target "$site" --requirement /tmp/requirements.txt

FROM base
USER root
COPY --from=packages /opt/venv/ /opt/venv/
"""
JARS = """\

# Jars, from Maven Central or another repository like it.
ARG MAVEN=https://repo1.maven.org/maven2
COPY {place}{sums} /tmp/
RUN mkdir -p {folder} && cd {folder} \\
    && sed "s#^[^ ]*  #$MAVEN/#" /tmp/{sums} \\
        | xargs curl --fail --silent --show-error --location --retry 3 --remote-name-all \\
    && sed "s#  .*/#  #" /tmp/{sums} | sha256sum --check --strict --quiet
"""
PROGRAMS = """\

# Programs, from Debian.
RUN apt-get update \\
    && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends {packages} \\
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb /var/log/*.log
"""
TYPED = """\

# What is typed.
COPY {place}bin/ {folder}/
RUN chmod -R a+rx {folder}
"""
LAST = """\

RUN mkdir --mode=1777 /data
ENV PATH={path}:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
"""


def text(line: Sequence[Image], base: Image, *, has_packages: bool) -> str:
    """The whole file. `line` is the image, and what it starts from down to `base`."""
    return "".join(pieces(line, base, has_packages))


def pieces(line: Sequence[Image], base: Image, has_packages: bool) -> Iterator[str]:
    """Its parts, in the order in which they change the least."""
    image = line[0]
    yield f"# {image.name}, from public sources. Whatever is downloaded is checked.\n"
    yield own_text(base).replace(FROM, f"{FROM} AS base", 1)
    yield PACKAGES if has_packages else "\nUSER root\n"
    for each in reversed(line):
        if each.packages:
            yield PROGRAMS.format(packages=" ".join(each.packages))
        if each.jars:
            place = "" if each is image else f"{each.name}/"
            yield JARS.format(folder=each.jars.folder, place=place, sums=f"{each.name}.sha256")
    for each in reversed(line):
        if each.beside("bin"):
            place = "" if each is image else f"{each.name}/"
            yield TYPED.format(place=place, folder=f"{COMMANDS}{each.name}/bin")
    yield LAST.format(path=":".join(image.path) or "/opt/venv/bin")
    for name, value in sorted(image.environment.items()):
        yield f"ENV {name}={quoted(value)}\n"
    yield "USER student\n"


def quoted(value: str) -> str:
    """A value of ENV, as it is."""
    for special in ("\\", '"', "$"):
        value = value.replace(special, f"\\{special}")
    return f'"{value}"'
