"""The S3 server of the tests: one jar, fetched by Maven, checked against versions.toml."""

import hashlib
import shutil

from portal.parts.places import PARTS, PartsError, digest, is_stamped, put_stamp, versions
from portal.parts.run import run, say

JAR = PARTS / "s3-server.jar"
STAMP = PARTS / "s3-server.stamp"
MAVEN_SECONDS = 600


def is_ready() -> bool:
    """Whether it is there, and right. It is read again only when its date changed."""
    try:
        return is_stamped(STAMP, _state())
    except OSError:
        return False


def needs_package() -> list[list[str]]:
    """Maven is wanted only while the jar is."""
    return [] if is_ready() or shutil.which("mvn") else [["maven"]]


def install() -> None:
    """Fetch it. Raises PartsError for another than the one that is named."""
    say("an S3 server for the tests")
    wanted, known = versions()["s3-server"], versions()["maven"]
    folder = PARTS / "s3-server.new"
    shutil.rmtree(folder, ignore_errors=True)
    try:
        run(
            [
                *("mvn", "-q", "-B", "--strict-checksums"),
                f"org.apache.maven.plugins:maven-dependency-plugin:{known['dependency-plugin']}:copy",
                f"-Dartifact={wanted['artifact']}",
                f"-DoutputDirectory={folder}",
            ],
            log="s3-server.log",
            failure="Maven could not fetch the tests' S3 server: is there a network?",
            timeout_seconds=MAVEN_SECONDS,
        )
        (jar,) = folder.glob("*.jar")
        with jar.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wanted["sha256"]:
                raise PartsError(
                    f"{jar.name} is not the one that versions.toml names: its checksum differs"
                )
        jar.rename(JAR)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    put_stamp(STAMP, _state())


def _state() -> str:
    seen = JAR.stat()
    return digest([versions()["s3-server"]["sha256"], f"{seen.st_size} {seen.st_mtime_ns}"])
