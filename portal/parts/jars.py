"""Kafka's jars and Spark's connector: fetched by Maven, checked against jars.sha256."""

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path

from portal.parts.places import (
    HERE,
    KAFKA_LIBS,
    KRAFT_LIBS,
    PARTS,
    SPARK_JARS,
    PartsError,
    digest,
    is_stamped,
    put_stamp,
    versions,
)
from portal.parts.run import run, say

SUMS = HERE / "jars.sha256"
STAMP = PARTS / "jars.stamp"
MAVEN_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Collection:
    """Jars that live in one folder: what Maven is asked for, and where they go."""

    name: str
    """As in poms/NAME.xml, and as the first folder of a path in jars.sha256."""

    folder: Path

    @property
    def pom(self) -> Path:
        return HERE / "poms" / f"{self.name}.xml"


COLLECTIONS = (
    Collection("kafka", KAFKA_LIBS),
    Collection("kafka-kraft", KRAFT_LIBS),
    Collection("spark", SPARK_JARS),
)


def is_ready() -> bool:
    """Whether every jar is there, and right. A jar is read again only when its date changed."""
    try:
        state = fingerprint()
        if is_stamped(STAMP, state):
            return True
        for collection in COLLECTIONS:
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
    for collection in COLLECTIONS:
        try:
            verify(collection, collection.folder)
        except (OSError, PartsError):
            _fetch(collection)
    put_stamp(STAMP, fingerprint())


def write_sums() -> None:
    """Write jars.sha256 from what Maven brings now: for whoever changes a version."""
    lines = []
    for collection in COLLECTIONS:
        folder = _download(collection, "-Dmdep.useRepositoryLayout=true")
        jars = sorted(folder.rglob("*.jar"), key=lambda jar: jar.name)
        lines += [f"{_sum(jar)}  {collection.name}/{jar.relative_to(folder)}\n" for jar in jars]
        shutil.rmtree(folder)
    SUMS.write_text("".join(lines))


def locked(collection: Collection) -> list[tuple[str, str]]:
    """Each jar's checksum, and its path in any Maven repository, as committed."""
    pairs = (line.split() for line in SUMS.read_text().splitlines() if line.strip())
    prefix = f"{collection.name}/"
    return [(sum, path.removeprefix(prefix)) for sum, path in pairs if path.startswith(prefix)]


def verify(collection: Collection, folder: Path) -> None:
    """Raise PartsError, naming the jar, unless the folder holds exactly the jars listed."""
    wanted = _wanted(collection)
    found = {jar.name: jar for jar in _jars(folder)}
    for name in sorted(wanted.keys() | found.keys()):
        if name not in found:
            raise PartsError(f"The jar {name} ({collection.name}) did not come: run make up again")
        if name not in wanted:
            raise PartsError(f"The jar {name} ({collection.name}) is not listed in {SUMS.name}")
        if _sum(found[name]) != wanted[name]:
            raise PartsError(
                f"The jar {name} ({collection.name}) is not the one that {SUMS.name} names: its "
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
    folder = PARTS / f"{collection.name}.new"
    shutil.rmtree(folder, ignore_errors=True)
    numbers: dict[str, str] = versions()["maven"]
    properties = [f"-D{name}={number}" for name, number in numbers.items()]
    plugin = f"org.apache.maven.plugins:maven-dependency-plugin:{numbers['dependency-plugin']}"
    run(
        [
            *("mvn", "-q", "-B", "--strict-checksums", "-f", str(collection.pom)),
            f"{plugin}:copy-dependencies",
            "-DincludeScope=runtime",
            f"-DoutputDirectory={folder}",
            *properties,
            *options,
        ],
        log=f"maven-{collection.name}.log",
        failure=f"Maven could not fetch the jars of {collection.name}: is there a network? "
        "Then run make up again",
        timeout_seconds=MAVEN_SECONDS,
    )
    return folder


def _wanted(collection: Collection) -> dict[str, str]:
    """Jar names and their checksums, as committed."""
    return {path.rpartition("/")[2]: sum for sum, path in locked(collection)}


def _jars(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.jar"))


def _sum(jar: Path) -> str:
    with jar.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def fingerprint() -> str:
    """What the checksums say should be there, and the size and date of what is."""
    states = [
        f"{jar} {jar.stat().st_size} {jar.stat().st_mtime_ns}"
        for collection in COLLECTIONS
        for jar in _jars(collection.folder)
    ]
    sums = "".join(
        f"{sum}  {collection.name}/{name}\n"
        for collection in COLLECTIONS
        for name, sum in _wanted(collection).items()
    )
    return digest([sums, *states])
