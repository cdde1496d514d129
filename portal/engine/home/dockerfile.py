"""The Dockerfile of an image at home.

What every image starts with stands first and alike, so that Docker builds it once.
"""

from collections.abc import Iterator, Mapping

from portal.engine.runtimes.base import Image

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
COPY {sums} /tmp/
RUN mkdir -p {folder} && cd {folder} \\
    && sed "s#^[^ ]*  #$MAVEN/#" /tmp/{sums} \\
        | xargs curl --fail --silent --show-error --location --retry 3 --remote-name-all \\
    && sed "s#  .*/#  #" /tmp/{sums} | sha256sum --check --strict --quiet
"""
COMMANDS = """\

# What is typed.
COPY bin/ {folder}/
RUN chmod -R a+rx {folder} && mkdir --mode=1777 /data
ENV PATH={path}:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
"""


def text(
    image: Image,
    *,
    base: str,
    jars: Mapping[str, str],
    has_packages: bool,
    commands: str,
) -> str:
    """The whole file. `jars` are lists of sums, by the folder that their jars go to."""
    return "".join(pieces(image, base, jars, has_packages, commands))


def pieces(
    image: Image, base: str, jars: Mapping[str, str], has_packages: bool, commands: str
) -> Iterator[str]:
    """Its parts, in the order in which they change the least."""
    yield f"# {image.name}, from public sources. Whatever is downloaded is checked.\n"
    yield base.replace(FROM, f"{FROM} AS base", 1)
    yield PACKAGES if has_packages else "\nUSER root\n"
    for folder, sums in jars.items():
        yield JARS.format(folder=folder, sums=sums)
    if commands:
        yield COMMANDS.format(folder=commands, path=":".join(image.path) or commands)
    for name, value in sorted(image.environment.items()):
        yield f"ENV {name}={quoted(value)}\n"
    yield "USER student\n"


def quoted(value: str) -> str:
    """A value of ENV, as it is."""
    for special in ("\\", '"', "$"):
        value = value.replace(special, f"\\{special}")
    return f'"{value}"'
