"""What each image holds, in Markdown: the part of docs/images.md that nobody writes by hand."""

import re
from collections.abc import Callable, Iterator, Mapping

from portal.images.spec import Image, ancestors
from portal.images.sums import locked

BEGINS = "<!-- From here on `make docs` writes it. -->\n"
Versions = Callable[[str], str]
"""The version of a Python package, or a Debian package, by its name; empty where unknown."""


def python_versions(lock: str) -> Versions:
    """Versions as a lock has them; two, where they differ by Python."""

    def version(name: str) -> str:
        found = re.findall(rf"^{re.escape(name)}==(\S+)", lock, re.MULTILINE | re.IGNORECASE)
        return " or ".join(found)

    return version


def markdown(images: Mapping[str, Image], python: Versions) -> str:
    """A section for each image, those that others start from first."""
    named = sorted(images.values(), key=lambda each: (len(ancestors(each, images)), each.name))
    return BEGINS + "".join("\n" + "".join(section(each, python)) for each in named)


def section(image: Image, python: Versions) -> Iterator[str]:
    """What there is of one image."""
    yield f"### {image.name}\n\n{image.summary}.\n\n"
    held = {
        "starts from": f"`{image.starts_from}`" if image.starts_from else "Debian 12",
        "tag": f"`{image.tag}`" if image.tag else "",
        "fetched": fetched(image),
        "commands of its own": words(commands(image)),
        "programs": words(f"{name} ({each[0]})" for name, each in sorted(image.programs.items())),
        "Python packages": words(f"{name} {python(name)}".strip() for name in image.python),
        "jars": jars(image),
        "archives of classes": f"in `{image.archive.folder}`" if image.archive else "",
    }
    yield "| | |\n| --- | --- |\n"
    yield from (f"| {what} | {which} |\n" for what, which in held.items() if which)


def fetched(image: Image) -> str:
    """How to have one that has to be asked for."""
    return f"only when asked for: `make install IMAGES={image.name}`" if image.when_asked else ""


def words(items: Iterator[str] | list[str]) -> str:
    """A list in a sentence."""
    return ", ".join(items)


def commands(image: Image) -> list[str]:
    """What can be typed in it that its own folder brings."""
    folder = image.beside("bin")
    files = sorted(folder.iterdir()) if folder else []
    return [f"`{each.name}`" for each in files if each.is_file() and each.stat().st_mode & 0o100]


def jars(image: Image) -> str:
    """What is asked of Maven, and how many jars that comes to."""
    if not image.jars or not image.folder:
        return ""
    asked = [f"`{each}`" for each in (*image.jars.coordinates, *image.jars.alone)]
    return f"{words(asked)}: {len(locked(image.folder))} in `{image.jars.folder}`"
