"""What an image is built from at home: a Dockerfile, and what it copies.

It has the same paths as a sandbox's binds, but from public sources: the jars that are bound come
from Maven Central, the packages of `requirements.in` from PyPI.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from portal.engine.home import dockerfile
from portal.engine.home.lock import lock_of
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker.context import COMMANDS, walk
from portal.parts import jars

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


def home_image(image: Image, base: Path) -> HomeImage:
    """An image as it is built at home. `base` is the folder of what all start from."""
    folder = commands_of(image)
    collections = [
        (guest, each)
        for guest, host in sorted(image.binds.items())
        for each in jars.COLLECTIONS
        if each.folder == Path(host)
    ]
    requirements = folder / "requirements.in" if folder else None
    files = dict(bin_of(folder) if folder else ())
    for _, each in collections:
        files[f"{each.name}.sha256"] = sums(each)
    if requirements is not None and requirements.exists():
        files["requirements.txt"] = lock_of(image.name).read_bytes()
    files["Dockerfile"] = dockerfile.text(
        image,
        base=(base / "Dockerfile").read_text(),
        jars={guest: f"{each.name}.sha256" for guest, each in collections},
        has_packages="requirements.txt" in files,
        commands=f"{COMMANDS}{image.name}/bin" if folder else "",
    ).encode()
    return HomeImage(image.name, files)


def commands_of(image: Image) -> Path | None:
    """The folder of the image's own commands."""
    host = image.binds.get(f"{COMMANDS}{image.name}")
    return Path(host) if host else None


def bin_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The commands, and what lies beside them."""
    for path, here in walk("bin", folder / "bin"):
        yield path, here.read_bytes()


def sums(collection: jars.Collection) -> bytes:
    """Checksums and paths of jars, as `sha256sum` writes them."""
    return "".join(f"{sum}  {path}\n" for sum, path in jars.locked(collection)).encode()
