"""Class archives (AppCDS), which halve the start of ZooKeeper, the broker, the tools and Spark.

Only speed hangs on them: the wrappers run without, and Java ignores one that doesn't fit.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.parts import jars, system
from portal.parts.places import (
    GUEST,
    IMAGES,
    KAFKA_CDS,
    KAFKA_LIBS,
    LOCK,
    PARTS,
    SPARK_CDS,
    SPARK_JARS,
    VENV,
    PartsError,
    digest,
    is_stamped,
    put_stamp,
)
from portal.parts.run import run, say

TRAINING_SECONDS = 180
HOSTS = "127.0.0.1 localhost lab\n127.0.0.2 zookeeper\n127.0.0.3 kafka\n127.0.0.4 spark\n"


@dataclass(frozen=True, slots=True)
class Archives:
    """A folder of archives, and the script that makes them when it runs in a sandbox.

    The guest paths are those that every session sees: an archive is for those only.
    """

    name: str
    folder: Path
    guest_folder: str
    script: Path
    binds: dict[str, Path]
    """What else the script needs, by guest path."""
    inputs: Callable[[], list[bytes]]
    """What the archives were made with; another Java or other jars want new ones."""

    @property
    def stamp(self) -> Path:
        """The mark that they were made, or tried."""
        return PARTS / f"archives-{self.folder.parent.name}.stamp"

    def is_ready(self) -> bool:
        """Whether they were made with just these inputs, or tried."""
        return self.folder.is_dir() and is_stamped(self.stamp, self._wanted())

    def install(self) -> None:
        """Make them. A failure is told in one line, and not tried again until asked to."""
        say(self.name)
        new = PARTS / f"{self.folder.parent.name}-cds.new"
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
        binds = {"/opt/train.sh": self.script, **self.binds}
        with tempfile.TemporaryDirectory() as folder:
            for name, content in etc.items():
                binds[f"/etc/{name}"] = Path(folder) / name
                binds[f"/etc/{name}"].write_text(content)
            inside = [*sandbox(binds), "--bind", str(new), self.guest_folder]
            run(
                [*inside, "/bin/sh", "/opt/train.sh"],
                log=f"archives-{self.folder.parent.name}.log",
                failure=f"The {self.name} could not be made",
                timeout_seconds=TRAINING_SECONDS,
            )

    def _wanted(self) -> str:
        made_with: list[str | bytes] = [
            jars.fingerprint(),
            self.script.read_bytes(),
            *self.inputs(),
        ]
        return digest([system.java_release(), *made_with])


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


def _wrappers() -> list[bytes]:
    names = ("zookeeper/bin/zookeeper-server", "kafka/bin/kafka-run-class")
    return [(IMAGES / name).read_bytes() for name in names]


def _spark_inputs() -> list[bytes]:
    names = ("shell.py", "kernel.py", "warm.py")
    return [LOCK.read_bytes(), *((GUEST / name).read_bytes() for name in names)]


KAFKA = Archives(
    name="class archives for Kafka and ZooKeeper",
    folder=KAFKA_CDS,
    guest_folder="/opt/kafka/cds",
    script=IMAGES / "kafka" / "train.sh",
    binds={"/opt/images": IMAGES, "/opt/kafka/libs": KAFKA_LIBS},
    inputs=_wrappers,
)
SPARK = Archives(
    name="class archive for Spark",
    folder=SPARK_CDS,
    guest_folder="/opt/spark-cds",
    script=IMAGES / "spark" / "train.sh",
    binds={
        "/opt/images": IMAGES,
        "/opt/venv": VENV,
        "/opt/spark-kafka": SPARK_JARS,
        "/opt/sluice/guest": GUEST,
    },
    inputs=_spark_inputs,
)
