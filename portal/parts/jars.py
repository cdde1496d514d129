"""The images' jars: fetched by Maven, checked against the jars.sha256 beside each image.toml."""

import hashlib
import shutil
import tempfile
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from portal.images.spec import Jars, jars_of
from portal.images.sums import SUMS, locked
from portal.parts import pom
from portal.parts.places import PARTS, PartsError, digest, images, is_stamped, put_stamp, versions
from portal.parts.run import run, say

STAMP = PARTS / "image-jars.stamp"
MAVEN_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Collection:
    """An image's jars: what Maven is asked for, what that must be, and where it goes."""

    name: str
    """The image's."""

    folder: Path
    listed_in: Path
    """The folder with their checksums."""
    jars: Jars


def collections() -> tuple[Collection, ...]:
    """Those of every image that has some. Raises PartsError."""
    return tuple(
        Collection(each.name, jars_of(PARTS, each.name), each.folder, each.jars)
        for each in images().values()
        if each.jars and each.folder
    )


def is_ready() -> bool:
    """Whether every jar is there, and right. A jar is read again only when its date changed."""
    try:
        state = fingerprint()
        if is_stamped(STAMP, state):
            return True
        for collection in collections():
            verify(collection, collection.folder)
    except (OSError, PartsError):
        return False
    put_stamp(STAMP, state)
    return True


def needs_package() -> list[list[str]]:
    """Maven is wanted only while a jar is."""
    return [] if is_ready() or shutil.which("mvn") else [["maven"]]


def install() -> None:
    """Fetch what is missing or wrong; a folder is replaced as a whole, or not at all."""
    for collection in collections():
        try:
            verify(collection, collection.folder)
        except (OSError, PartsError):
            _fetch(collection)
    put_stamp(STAMP, fingerprint())


def write_sums() -> None:
    """Write each jars.sha256 from what Maven brings now: for whoever changes a version.

    That of an image which is fetched only when asked for: once it has been asked for.
    """
    for collection in collections():
        folder = _download(collection, "-Dmdep.useRepositoryLayout=true")
        jars = sorted(folder.rglob("*.jar"), key=lambda jar: jar.name)
        lines = [f"{_sum(jar)}  {jar.relative_to(folder)}\n" for jar in jars]
        (collection.listed_in / SUMS).write_text("".join(lines))
        shutil.rmtree(folder)


def verify(collection: Collection, folder: Path) -> None:
    """Raise PartsError, naming the jar, unless the folder holds exactly the jars listed."""
    wanted = _wanted(collection)
    found = {jar.name: jar for jar in _jars(folder)}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise PartsError(f"The jar {name} ({collection.name}) did not come: run make up again")
        if name not in wanted:
            raise PartsError(f"The jar {name} ({collection.name}) is not listed in {SUMS}")
        if _sum(found[name]) != wanted[name]:
            raise PartsError(
                f"The jar {name} ({collection.name}) is not the one that {SUMS} names: its "
                "checksum differs. Don't use it. Remove it from Maven's cache (~/.m2), run again"
            )


def _fetch(collection: Collection) -> None:
    say(f"jars: {collection.name}")
    new = _download(collection)
    try:
        verify(collection, new)
        old = new.with_suffix(".old")
        collection.folder.parent.mkdir(parents=True, exist_ok=True)
        if collection.folder.exists():
            collection.folder.rename(old)
        new.rename(collection.folder)
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _download(collection: Collection, *options: str) -> Path:
    """Have Maven put the jars into a folder of their own, beside where they belong."""
    folder = PARTS / f"jars-{collection.name}.new"
    shutil.rmtree(folder, ignore_errors=True)
    plugin = versions()["maven"]["dependency-plugin"]
    with tempfile.TemporaryDirectory(prefix="sluice-pom-") as place:
        file = Path(place) / "pom.xml"
        file.write_text(pom.text(collection.jars))
        run(
            [
                *("mvn", "-q", "-B", "--strict-checksums", "-f", str(file)),
                f"org.apache.maven.plugins:maven-dependency-plugin:{plugin}:copy-dependencies",
                "-DincludeScope=runtime",
                f"-DoutputDirectory={folder}",
                *options,
            ],
            log=f"maven-{collection.name}.log",
            failure=f"Maven could not fetch the jars of {collection.name}: is there a network? "
            "Then run make up again",
            timeout_seconds=MAVEN_SECONDS,
        )
    return folder


def _wanted(collection: Collection) -> dict[str, str]:
    """Jar names and their checksums, as committed. Raises PartsError."""
    try:
        return {path.rpartition("/")[2]: sum for sum, path in locked(collection.listed_in)}
    except FileNotFoundError as error:
        raise PartsError(
            f"The image {collection.name} has jars and no {SUMS}. Its author writes it: "
            "python3 -m portal.parts write-sums"
        ) from error


def _jars(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jar"))


def _sum(jar: Path) -> str:
    with jar.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint(names: Container[str] | None = None) -> str:
    """What the checksums say should be there, and the size and date of what is.

    With names: of the jars of these images alone, so that others may come and go.
    """
    concerned = [each for each in collections() if names is None or each.name in names]
    states = [
        # Not where it lies: checkouts that share the parts see them under paths of their own.
        f"{collection.name}/{jar.name} {jar.stat().st_size} {jar.stat().st_mtime_ns}"
        for collection in concerned
        for jar in _jars(collection.folder)
    ]
    sums = "".join(
        f"{sum}  {collection.name}/{name}\n"
        for collection in concerned
        for name, sum in _wanted(collection).items()
    )
    return digest([sums, *states])
