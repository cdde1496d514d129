"""What an image is built from: its Dockerfile's folder, and three trees beside it.

    Dockerfile
    packages/    Python packages, for images that name some
    parts/       what `make up` has installed: the image's binds, under their guest paths
    code/        the image's own commands, the guest's programs and the first process

So an image holds, under the same paths, just what a sandbox binds: what the image that it starts
from has not, but for archives of classes, which its own Java makes. `.dockerignore` names folders
that are left out.
"""

import hashlib
import io
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker import dockerfile, packages
from portal.images.spec import COMMANDS

HERE = Path(__file__).resolve().parent
GUEST = HERE.parents[1] / "guest"
LARGE = 1 << 20

Entry = tuple[str, Path | bytes]
"""A path in the context, and the file here that it is, or what it says."""


@dataclass(frozen=True, slots=True)
class Context:
    """The files that one image is built from."""

    entries: tuple[Entry, ...]

    def digest(self, *more: str) -> str:
        """What changes when the image would; of large files, which are parts, only the size."""
        whole = hashlib.sha256("\0".join(more).encode())
        for name, source in self.entries:
            if isinstance(source, bytes):
                content, can_run = source, False
            else:
                size, can_run = source.stat().st_size, is_executable(source)
                content = source.read_bytes() if size < LARGE else str(size).encode()
            whole.update(f"\0{name}\0{can_run}\0".encode())
            whole.update(hashlib.sha256(content).digest())
        return whole.hexdigest()

    def write(self, file: IO[bytes]) -> None:
        """Write it as the engine takes it."""
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, source in self.entries:
                if isinstance(source, bytes):
                    info = tarfile.TarInfo(name)
                    info.size = len(source)
                    archive.addfile(of_root(info), io.BytesIO(source))
                else:
                    archive.add(source, name, recursive=False, filter=of_root)
        file.seek(0)


def image_context(image: Image, parent: str = "") -> Context:
    """The context of an image, which starts from the one with the tag `parent`."""
    ignored = read_ignored(image)
    found = [each for each in entries(image) if not each[0].startswith(ignored)]
    trees = {name.partition("/")[0] for name, _ in found}
    text = dockerfile.text(image, parent, trees).encode()
    return Context((("Dockerfile", text), *sorted(found, key=lambda each: each[0])))


def read_ignored(image: Image) -> tuple[str, ...]:
    """The folders that are left out, as prefixes."""
    ignored = image.beside(".dockerignore")
    lines = ignored.read_text().split() if ignored else ()
    return tuple(f"{line}/" for line in lines)


def entries(image: Image) -> Iterator[Entry]:
    """Everything that an image could be built from, but its Dockerfile."""
    if not image.starts_from:
        return
    for guest, host in image.own_binds.items():
        if image.archive and guest == image.archive.folder:
            continue
        tree = "code" if guest.startswith(COMMANDS) else "parts"
        yield from walk(f"{tree}{guest}", Path(host))
    yield from walk("code/opt/sluice/guest", GUEST)
    yield "code/opt/sluice/first.py", HERE / "first.py"
    names = (*image.python, *image.portal_python)
    for path, here in packages.files(names):
        yield f"packages/{path}", here


def walk(name: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The files of a folder, without what Python and editors leave there."""
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield f"{name}/{path.relative_to(folder)}", path


def is_executable(path: Path) -> bool:
    """Whether it is a program."""
    return bool(path.stat().st_mode & 0o100)


def of_root(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Root's own, readable by all, whoever has it here."""
    info.uid = info.gid = 0
    info.uname = info.gname = "root"
    info.mode = 0o755 if info.mode & 0o100 else 0o644
    return info
