"""Class archives (AppCDS), which halve the start of ZooKeeper, the broker and the tools.

Only speed hangs on them: the wrappers run without, and Java ignores one that doesn't fit.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from portal.parts import jars, system
from portal.parts.places import (
    HERE,
    IMAGES,
    KAFKA_CDS,
    KAFKA_LIBS,
    PARTS,
    PartsError,
    digest,
    is_stamped,
    put_stamp,
)
from portal.parts.run import run, say

STAMP = PARTS / "archives.stamp"
NAMES = ("zookeeper", "kafka", "tools")
WRAPPERS = ("zookeeper/bin/zookeeper-server", "kafka/bin/kafka-run-class")
TRAIN = HERE / "train.sh"
TRAINING_SECONDS = 90
HOSTS = "127.0.0.1 localhost lab\n127.0.0.2 zookeeper\n127.0.0.3 kafka\n"


def is_ready() -> bool:
    """Whether archives were made with this very Java, these jars and these wrappers, or tried."""
    return KAFKA_CDS.is_dir() and is_stamped(STAMP, _wanted())


def install() -> None:
    """Make the archives. A failure is told in one line, and not tried again until asked to."""
    say("class archives for Kafka and ZooKeeper")
    new = PARTS / "cds.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        _train(new)
    except PartsError as error:
        say(f"{error}; going on without. To try again: rm {os.path.relpath(STAMP)}")
        shutil.rmtree(new)
        new.mkdir()
    (new / "hosts").unlink(missing_ok=True)
    # A folder replaced as a whole: half an archive would end a JVM, and running ones keep theirs.
    shutil.rmtree(KAFKA_CDS, ignore_errors=True)
    KAFKA_CDS.parent.mkdir(parents=True, exist_ok=True)
    new.rename(KAFKA_CDS)
    put_stamp(STAMP, _wanted())


def _train(folder: Path) -> None:
    """Run the wrappers under the paths that every session sees: an archive is for those only."""
    hosts = folder / "hosts"
    hosts.write_text(HOSTS)
    run(
        [*_sandbox(folder, hosts), "/bin/sh", "/opt/train.sh"],
        log="archives.log",
        failure="The class archives could not be made",
        timeout_seconds=TRAINING_SECONDS,
    )


def _sandbox(folder: Path, hosts: Path) -> Iterator[str]:
    yield from ("bwrap", "--unshare-net", "--unshare-pid", "--unshare-uts", "--hostname", "lab")
    yield from ("--die-with-parent", "--new-session", "--clearenv")
    if os.geteuid() != 0:
        yield "--unshare-user"
    yield from ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/data")  # noqa: S108
    yield from ("--ro-bind", "/usr", "/usr")
    for name in ("bin", "lib", "lib64", "sbin"):
        if os.path.islink(f"/{name}"):
            yield from ("--symlink", f"usr/{name}", f"/{name}")
        elif os.path.isdir(f"/{name}"):
            yield from ("--ro-bind", f"/{name}", f"/{name}")
    for path in ("/etc/alternatives", "/etc/ld.so.cache", *_java_settings()):
        yield from ("--ro-bind-try", path, path)
    yield from ("--ro-bind", str(hosts), "/etc/hosts")
    yield from ("--ro-bind", str(IMAGES), "/opt/images", "--ro-bind", str(TRAIN), "/opt/train.sh")
    yield from ("--ro-bind", str(KAFKA_LIBS), "/opt/kafka/libs")
    yield from ("--bind", str(folder), "/opt/kafka/cds")


def _java_settings() -> list[str]:
    # Debian keeps the files of Java's lib/security and conf there.
    return [str(path) for path in Path("/etc").glob("java-*-openjdk")]


def _wanted() -> str:
    wrappers = [(IMAGES / name).read_bytes() for name in WRAPPERS]
    return digest([system.java_release(), jars.fingerprint(), TRAIN.read_bytes(), *wrappers])
