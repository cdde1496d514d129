"""An image: what there is of it, for whichever runtime makes something of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

COMMANDS = "/opt/images/"
"""Below it, under its own name, lies an image's folder."""
BASE = "base"
"""What an image starts from unless it says otherwise."""


@dataclass(frozen=True, slots=True)
class Jars:
    """Jars that Maven fetches, checked against the `jars.sha256` beside image.toml."""

    folder: str
    """Where they are in a cluster."""
    coordinates: tuple[str, ...] = ()
    """`group:artifact:version`, taken with all that they need."""
    alone: tuple[str, ...] = ()
    """The same, taken without."""
    without: tuple[str, ...] = ()
    """`group` or `group:artifact` that is left out of what they need."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Archives of Java's classes, which halve a start. Only speed hangs on them."""

    folder: str
    """Where they are in a cluster."""
    train: str = "train.sh"
    """The script beside image.toml that makes them, run where the image would run."""
    guest: tuple[str, ...] = ()
    """The guest's programs that it starts: when they change, so does the archive."""


@dataclass(frozen=True, slots=True)
class Image:
    """What a lab's service may run on.

    `path`, `binds` and `environment` hold those of the image that it starts from, too. `binds`
    maps paths in a cluster to paths of the host, read-only; `path` lists folders in a cluster that
    are searched first for commands.
    """

    name: str
    tag: str = ""
    """Its name where a runtime keeps images of its own; empty: no such runtime has it."""
    path: tuple[str, ...] = ()
    binds: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    """The binds that are those of the image that it starts from."""
    folder: Path | None = None
    """Where its image.toml lies; None for one that isn't made from here."""
    starts_from: str = BASE
    """An image's name; empty for what all others start from."""
    for_labs: bool = True
    """Whether a lab can choose it."""
    when_asked: bool = False
    """Whether the installer fetches it only for whoever asks, since it is large and few want it."""
    summary: str = ""
    programs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Programs, and the Debian package that brings each; of several, the first that is known."""
    python: tuple[str, ...] = ()
    """Python packages, by name: their versions and sums are the portal's lock's."""
    portal_python: tuple[str, ...] = ()
    """Those that only the portal's own programs in it need."""
    jars: Jars | None = None
    archive: Archive | None = None

    @property
    def is_here(self) -> bool:
        """Whether an image that has to be asked for was fetched; any other always is."""
        return not self.when_asked or all(Path(host).exists() for host in self.binds.values())

    @property
    def own_binds(self) -> dict[str, str]:
        """Those that the image which it starts from has not."""
        return {guest: host for guest, host in self.binds.items() if guest not in self.inherited}

    @property
    def packages(self) -> tuple[str, ...]:
        """The Debian packages that bring its programs, as Debian 12 calls them."""
        return tuple(sorted({names[0] for names in self.programs.values()}))

    def beside(self, name: str) -> Path | None:
        """The file of that name beside its image.toml, if there is one."""
        path = self.folder / name if self.folder else None
        return path if path and path.exists() else None


def jars_of(parts: Path, name: str) -> Path:
    """The host's folder with an image's jars. `parts` is where the installer puts things."""
    return parts / "images" / name / "jars"


def archives_of(parts: Path, name: str) -> Path:
    """The host's folder with an image's archives of classes."""
    return parts / "images" / name / "archives"


def asked_of(parts: Path, name: str) -> Path:
    """The mark that somebody asked for an image which is fetched only then."""
    return parts / "images" / name / "asked"


def ancestors(image: Image, images: Mapping[str, Image]) -> list[Image]:
    """What an image starts from, the nearest first."""
    found: list[Image] = []
    while image.starts_from:
        image = images[image.starts_from]
        found.append(image)
    return found
