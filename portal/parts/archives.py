"""Class archives (AppCDS), which halve the start of ZooKeeper, the broker, the tools and Spark.

Only speed hangs on them: the wrappers run without, and Java ignores one that doesn't fit.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from portal.images.spec import COMMANDS, Archive, Image, ancestors, archives_of
from portal.parts import jars, system
from portal.parts.places import (
    GUEST,
    LOCK,
    PARTS,
    VENV,
    PartsError,
    digest,
    images,
    is_stamped,
    put_stamp,
)
from portal.parts.run import run, say, side_by_side

TRAINING_SECONDS = 900
HOSTS = "127.0.0.1 localhost lab\n"


def is_ready() -> bool:
    """Whether every image has its own."""
    return all(each.is_ready() for each in wanted())


def install() -> None:
    """Make those that are missing. An image waits for the one that it starts from, and no other."""
    lines: dict[str, list[Archives]] = {}
    for each in wanted():
        first = [each.image, *ancestors(each.image, images())][-2:][0]
        lines.setdefault(first.name, []).append(each)
    side_by_side([partial(install_in_turn, line) for line in lines.values()])


def install_in_turn(line: list["Archives"]) -> None:
    """Make those of images of which each may start from an earlier one."""
    for each in line:
        if not each.is_ready():
            each.install()


def wanted() -> Iterator["Archives"]:
    """Those of every image that has some."""
    for image in images().values():
        if image.archive:
            yield Archives(image, image.archive)


@dataclass(frozen=True, slots=True)
class Archives:
    """An image's archives, made by a script that runs where the image would run.

    The guest paths are those that every session sees: an archive is for those only.
    """

    image: Image
    archive: Archive

    @property
    def folder(self) -> Path:
        """Where they go."""
        return archives_of(PARTS, self.image.name)

    @property
    def stamp(self) -> Path:
        """The mark that they were made, or tried."""
        return PARTS / f"archives-of-{self.image.name}.stamp"

    def is_ready(self) -> bool:
        """Whether they were made with just these inputs, or tried."""
        return self.folder.is_dir() and is_stamped(self.stamp, self._wanted())

    def install(self) -> None:
        """Make them. A failure is told in one line, and not tried again until asked to."""
        say(f"class archives: {self.image.name}")
        new = PARTS / f"archives-{self.image.name}.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            self._train(new)
        except PartsError as error:
            say(f"{error}; going on without. To try again: rm {os.path.relpath(self.stamp)}")
            shutil.rmtree(new)
            new.mkdir()
        # A folder replaced as a whole: half an archive would end a JVM, and running ones keep
        # theirs.
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        new.rename(self.folder)
        put_stamp(self.stamp, self._wanted())

    def _train(self, new: Path) -> None:
        etc = {
            "hosts": HOSTS,
            # Java takes its home folder from here.
            "passwd": f"student:x:{os.geteuid()}:{os.getegid()}::/w205:/bin/sh\n",
        }
        binds = {guest: Path(host) for guest, host in self.image.binds.items()}
        binds |= {"/opt/venv": VENV, "/opt/sluice/guest": GUEST}
        del binds[self.archive.folder]
        with tempfile.TemporaryDirectory() as folder:
            for name, content in etc.items():
                binds[f"/etc/{name}"] = Path(folder) / name
                binds[f"/etc/{name}"].write_text(content)
            inside = [*sandbox(binds), "--bind", str(new), self.archive.folder]
            run(
                [*inside, "/bin/sh", f"{COMMANDS}{self.image.name}/{self.archive.train}"],
                log=f"archives-{self.image.name}.log",
                failure=f"The class archives of {self.image.name} could not be made",
                timeout_seconds=TRAINING_SECONDS,
            )

    def _wanted(self) -> str:
        """What they were made with; another Java, other jars or commands want new ones."""
        files = [path for path in sorted(self._sources()) if path.is_file()]
        contents = [piece for path in files for piece in (path.name, path.read_bytes())]
        packages = [LOCK.read_bytes()] if self.image.python else []
        seen = {each.name for each in (self.image, *ancestors(self.image, images()))}
        return digest([system.java_release(), jars.fingerprint(seen), *packages, *contents])

    def _sources(self) -> Iterator[Path]:
        for guest, host in self.image.binds.items():
            if guest.startswith(COMMANDS):
                yield from (Path(host) / "bin").rglob("*")
        if self.image.folder:
            yield self.image.folder / self.archive.train
        yield from (GUEST / name for name in self.archive.guest)


def sandbox(binds: dict[str, Path]) -> Iterator[str]:
    """A sandbox as sessions have it, up to the command."""
    yield from ("bwrap", "--unshare-net", "--unshare-pid", "--unshare-uts", "--hostname", "lab")
    yield from ("--die-with-parent", "--new-session", "--clearenv")
    if os.geteuid() != 0:
        yield "--unshare-user"
    for path in ("/tmp", "/data", "/w205"):  # noqa: S108 - the sandbox's own
        yield from ("--tmpfs", path)
    yield from ("--proc", "/proc", "--dev", "/dev", "--ro-bind", "/usr", "/usr")
    for name in ("bin", "lib", "lib64", "sbin"):
        if os.path.islink(f"/{name}"):
            yield from ("--symlink", f"usr/{name}", f"/{name}")
        elif os.path.isdir(f"/{name}"):
            yield from ("--ro-bind", f"/{name}", f"/{name}")
    for path in ("/etc/alternatives", "/etc/ld.so.cache", *_java_settings(), *_python_home()):
        yield from ("--ro-bind-try", path, path)
    for guest, host in binds.items():
        yield from ("--ro-bind", str(host), guest)


def _java_settings() -> list[str]:
    # Debian keeps the files of Java's lib/security and conf there.
    return [str(path) for path in Path("/etc").glob("java-*-openjdk")]


def _python_home() -> list[str]:
    home = Path(os.path.realpath(VENV / "bin" / "python")).parent.parent
    return [] if home == Path("/usr") else [str(home)]
