"""The whole folder, as a list of files."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from portal.engine.home.compose import compose_file
from portal.engine.home.images import home_image, is_made_here
from portal.engine.home.steps import steps_page
from portal.engine.lab.spec import LabSpec
from portal.engine.markdown import one_line
from portal.engine.runtimes.base import Image

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file: its path in the folder, and what it says."""

    path: str
    content: bytes
    is_executable: bool = False


def entries(
    lab: LabSpec, files: Mapping[str, bytes], version: int, images: Mapping[str, Image]
) -> Iterator[Entry]:
    """Everything that is taken home. `files` are the lab's, by their path under /w205.

    `images` are the operator's. Raises KeyError for an image that the operator has no more.
    """
    used = {each.image: images[each.image] for each in lab.services}
    built = {name: home_image(each, images) for name, each in used.items() if is_made_here(each)}
    tags = {name: built[name].tag if name in built else each.tag for name, each in used.items()}
    yield Entry("README.md", readme(lab, version).encode())
    yield Entry("STEPS.md", steps_page(lab).encode())
    yield Entry("docker-compose.yml", compose_file(lab, tags, frozenset(built)).encode())
    modes = lab.modes
    for path, content in sorted(files.items()):
        yield Entry(f"w205/{path}", content, bool(modes.get(path, 0o644) & 0o100))
    for name, image in sorted(built.items()):
        for path, content in sorted(image.files.items()):
            yield Entry(f"images/{name}/{path}", content, content.startswith(b"#!"))


def readme(lab: LabSpec, version: int) -> str:
    """How to run it."""
    *most, last = [each.name for each in lab.services]
    return Template(README.read_text()).substitute(
        title=one_line(lab.title),
        summary=one_line(lab.summary),
        services=f"{', '.join(most)} and {last}" if most else last,
        name=lab.name,
        version=version,
        authors=f", by {one_line(', '.join(lab.authors))}" if lab.authors else "",
    )
