"""What an image is built from at home: a Dockerfile, and what it copies.

It has the same paths as a sandbox's binds, but from public sources: the programs come from Debian,
the jars from Maven Central, the Python packages from PyPI.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from portal.engine.home import dockerfile
from portal.engine.home.lock import LOCK
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker.context import walk
from portal.images.spec import ancestors
from portal.images.sums import locked

NAME = "localhost/sluice-{name}:{digest}"
"""No public registry has it, so nobody else's image is ever pulled in its place. Another content
has another name: an image that an earlier folder left is never taken for it."""


@dataclass(frozen=True, slots=True)
class HomeImage:
    """One image: its name for Docker, and its folder's files by path."""

    name: str
    files: Mapping[str, bytes]

    @property
    def tag(self) -> str:
        """What Docker calls it."""
        whole = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            whole.update(f"{path}\0{len(content)}\0".encode() + content)
        return NAME.format(name=self.name, digest=whole.hexdigest()[:12])


def is_made_here(image: Image) -> bool:
    """Whether there is something to build it from; else its tag is one that others have."""
    return image.folder is not None


def home_image(image: Image, images: Mapping[str, Image]) -> HomeImage:
    """An image as it is built at home: all that it starts from, and its own, in one file."""
    *line, base = [image, *ancestors(image, images)]
    files: dict[str, bytes] = {}
    for each in line:
        place = "" if each is image else f"{each.name}/"
        files |= {f"{place}{path}": content for path, content in files_of(each)}
    # An image's lock has what those below it need, too.
    locks = [lock for each in line if each.python and (lock := each.beside(LOCK))]
    if locks:
        files["requirements.txt"] = locks[0].read_bytes()
    files["Dockerfile"] = dockerfile.text(line, base, has_packages=bool(locks)).encode()
    return HomeImage(image.name, files)


def files_of(image: Image) -> Iterator[tuple[str, bytes]]:
    """What an image copies: its commands, what lies beside them, and the sums of its jars."""
    if image.folder and image.jars:
        sums = "".join(f"{sum}  {path}\n" for sum, path in locked(image.folder))
        yield f"{image.name}.sha256", sums.encode()
    for path, here in walk("bin", image.folder / "bin") if image.folder else ():
        yield path, here.read_bytes()
