"""Where the warm pyspark of a session leaves its address, its number and its word that it is ready.

The folder is private to the user that a session's processes run as.
"""

import os
import re
import signal
from contextlib import suppress
from pathlib import Path


def folder() -> Path:
    """The one folder that the shell and its cells share."""
    given = os.environ.get("SLUICE_KERNEL_DIR")
    return Path(given or f"/tmp/.sluice-pyspark-{os.getuid()}")  # noqa: S108 - private, see prepare


def driver_memory() -> str:
    """How much Spark's JVM may use, as Java writes it."""
    return os.environ.get("SPARK_DRIVER_MEMORY", "512m")


def has_much_memory() -> bool:
    """Whether that is a gigabyte or more."""
    found = re.fullmatch(r"(\d+)([kmgt])b?", driver_memory().strip().lower())
    return found is not None and int(found[1]) << 10 * "kmgt".index(found[2]) >= 1 << 20


def connection_file() -> Path:
    """How to reach the kernel, as Jupyter writes it."""
    return folder() / "kernel.json"


def prepare() -> None:
    """Make the folder ours alone and forget what an earlier kernel left."""
    here = folder()
    here.mkdir(mode=0o700, exist_ok=True)
    here.chmod(0o700)
    for old in ("ready", "pid", "jvm", "kernel.json"):
        (here / old).unlink(missing_ok=True)
    for socket in here.glob("kernel-ipc-*"):
        socket.unlink(missing_ok=True)
    (here / "pid").write_text(str(os.getpid()))


def declare_ready() -> None:
    """From now on the kernel answers, unless it runs a cell."""
    (folder() / "ready").touch()


def is_ready() -> bool:
    """Whether pyspark has started."""
    return (folder() / "ready").exists()


def pid() -> int | None:
    """The kernel's process, dead or alive; None when none ever started."""
    try:
        return int((folder() / "pid").read_text())
    except (OSError, ValueError):
        return None


def note_jvm(number: int) -> None:
    """Spark's JVM is the process of that number."""
    (folder() / "jvm").write_text(str(number))


def has_jvm() -> bool:
    """Whether Spark's JVM runs, as far as anybody has said which process it is."""
    try:
        return runs(int((folder() / "jvm").read_text()))
    except (OSError, ValueError):
        return True


def is_alive() -> bool:
    """Whether a kernel that was started still runs."""
    number = pid()
    return number is not None and runs(number)


def runs(number: int) -> bool:
    """Whether the process of that number does anything yet."""
    try:
        # A zombie still has its number, but nothing else of it lives.
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state not in "ZX"


def interrupt() -> None:
    """Control-C for whatever the kernel runs; idle, it takes no notice."""
    _signal(signal.SIGINT)


def terminate() -> None:
    """Ask it to end."""
    _signal(signal.SIGTERM)


def kill() -> None:
    """End a kernel that no longer listens; its JVM ends with it."""
    _signal(signal.SIGKILL)


def _signal(number: signal.Signals) -> None:
    process = pid()
    if process is not None and is_alive():
        with suppress(ProcessLookupError):
            os.kill(process, number)
