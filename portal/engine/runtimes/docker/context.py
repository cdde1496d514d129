"""What an image is built from: its Dockerfile's folder, and three trees beside it.

    Dockerfile
    packages/    Python packages, for images whose folder has a requirements.in
    parts/       what `make up` has installed: the image's binds, under their guest paths
    code/        the lab's own commands, the guest's programs and the first process

So an image holds, under the same paths, just what a sandbox binds. `.dockerignore` names folders
that are left out.
"""

import hashlib
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from portal.engine.runtimes.base import Image
from portal.engine.runtimes.docker import packages

HERE = Path(__file__).resolve().parent
GUEST = HERE.parents[1] / "guest"
LARGE = 1 << 20
COMMANDS = "/opt/images/"

Entry = tuple[str, Path]
"""A path in the context, and the file here that it is."""


@dataclass(frozen=True, slots=True)
class Context:
    """The files that one image is built from."""

    entries: tuple[Entry, ...]

    def digest(self, *more: str) -> str:
        """What changes when the image would; of large files, which are parts, only the size."""
        whole = hashlib.sha256("\0".join(more).encode())
        for name, path in self.entries:
            size = path.stat().st_size
            content = path.read_bytes() if size < LARGE else str(size).encode()
            whole.update(f"\0{name}\0{is_executable(path)}\0".encode())
            whole.update(hashlib.sha256(content).digest())
        return whole.hexdigest()

    def write(self, file: IO[bytes]) -> None:
        """Write it as the engine takes it."""
        with tarfile.open(fileobj=file, mode="w") as archive:
            for name, path in self.entries:
                archive.add(path, name, recursive=False, filter=of_root)
        file.seek(0)


def base_context(folder: Path) -> Context:
    """The context of the base image."""
    return Context((("Dockerfile", folder / "Dockerfile"),))


def image_context(folder: Path, image: Image) -> Context:
    """The context of an image whose Dockerfile is in a folder."""
    ignored = read_ignored(folder)
    found = sorted(entry for entry in entries(folder, image) if not entry[0].startswith(ignored))
    return Context(tuple(found))


def read_ignored(folder: Path) -> tuple[str, ...]:
    """The folders that are left out, as prefixes."""
    try:
        lines = (folder / ".dockerignore").read_text().split()
    except FileNotFoundError:
        return ()
    return tuple(f"{line}/" for line in lines)


def entries(folder: Path, image: Image) -> Iterator[Entry]:
    """Everything that an image could be built from."""
    yield "Dockerfile", folder / "Dockerfile"
    for guest, host in image.binds.items():
        tree = "code" if guest.startswith(COMMANDS) else "parts"
        yield from walk(f"{tree}{guest}", Path(host))
    yield from walk("code/opt/sluice/guest", GUEST)
    yield "code/opt/sluice/first.py", HERE / "first.py"
    requirements = folder / "requirements.in"
    if requirements.exists():
        for path, here in packages.files(packages.wanted(requirements)):
            yield f"packages/{path}", here


def walk(name: str, folder: Path) -> Iterator[Entry]:
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
