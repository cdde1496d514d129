"""The warm pyspark of a session: `python -m guest.shell`, started once, used by many cells.

It is an IPython kernel, reached over sockets in a private folder, that has run pyspark's own
`shell.py`: `spark`, `sc` and the banner are those of the real shell. When that fails, it ends.
`--conf NAME=VALUE`, as often as there are settings, are those of the lab; without any it is a bare
pyspark.

`--train FILE` makes the class data archive that halves the work of a start, and serves no one. It
fits only the jars and the paths that it was made with, so it has to run as sessions do.
"""

import argparse
import builtins
import contextlib
import io
import logging
import os
import shlex
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import driver, kernel, queries, reading, warm
from .confs import QUICK, words
from .unladen import unload

CONNECTOR = Path("/opt/spark-kafka")
ARCHIVE = Path("/opt/spark-cds/spark.jsa")
"""Class data that the JVM maps instead of loading it, where the operator has made it."""
NO_FOLDER = "/nonexistent"
SAFE = ("PYTHONSAFEPATH", "PYTHONNOUSERSITE")
"""With these Python finds no module of a student's; the JVM alone keeps them."""
QUIET = (
    "org.apache.spark.executor.Executor",
    "org.apache.spark.scheduler.TaskSetManager",
    "org.apache.spark.sql.kafka010.KafkaOffsetReaderAdmin",
    # It remembers a consumer for each read of some minutes, and complains of the many.
    "org.apache.spark.sql.kafka010.consumer.InternalKafkaConsumerPool",
)


SPARING = (
    "-Xmn20m",
    *("-XX:MinHeapFreeRatio=10", "-XX:MaxHeapFreeRatio=25", "-XX:-ShrinkHeapInSteps"),
    *("-Xss512k", "-XX:ReservedCodeCacheSize=64m", "-XX:TrimNativeHeapInterval=5000"),
)
"""Touch little of the heap, and give back what is free: `guest.warm` has it collect once."""
LATE_C2 = (
    *("-XX:Tier4InvocationThreshold=50000", "-XX:Tier4MinInvocationThreshold=6000"),
    *("-XX:Tier4CompileThreshold=150000", "-XX:Tier4BackEdgeThreshold=400000"),
)
"""Ten times what is usual: to compile for the long run costs a third of a start's processor time,
and pays only for much data."""
C1_ALONE = ("-XX:TieredStopAtLevel=1",)
"""Nothing is compiled for the long run, nor counted for that: a third less of a start's time."""
OWN_KERNEL = {"own": {"spark.python.unix.domain.socket.enabled": "true"}}
"""Under gVisor with the host's network, connections that Spark's daemon took for its Python workers
were reset; sockets of gVisor's own are not."""
IN_PLACE = ("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0")
"""Map an archive where it was made for, so that all sessions share its pages; moved, each has its
own copy of the whole."""


def java_options(training: Path | None) -> list[str]:
    """How the JVM starts. An archive that does not fit it ignores, and options it doesn't know."""
    options = ["-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true"]
    # Who gives Spark much memory has data that repays compiling for the long run.
    compilers = LATE_C2 if kernel.has_much_memory() else C1_ALONE
    options += ["-XX:+IgnoreUnrecognizedVMOptions", *SPARING, *compilers]
    settings = Path(os.environ.get("SPARK_CONF_DIR", "/")) / "log4j2.properties"
    if settings.is_file():
        options.append(f"-Dlog4j2.configurationFile={settings}")
    if training is not None:
        options += [f"-XX:ArchiveClassesAtExit={training}", "-Xlog:cds=off", "-Xlog:cds*=off"]
    elif ARCHIVE.is_file():
        options += [*IN_PLACE, f"-XX:SharedArchiveFile={ARCHIVE}"]
        options += ["-Xlog:cds=off", "-Xlog:cds*=off"]
    return options


def confs(given: Mapping[str, str], training: Path | None = None) -> dict[str, str]:
    """The lab's settings, and what only the portal knows: where things are, and how large."""
    return {
        **given,
        "spark.driver.memory": kernel.driver_memory(),
        "spark.driver.extraJavaOptions": " ".join(java_options(training)),
        "spark.driver.extraClassPath": ":".join(map(str, connector_jars())),
        "spark.python.daemon.module": "guest.workers",
        # A cluster may be asleep for hours: its one executor must not be given up then.
        "spark.storage.blockManagerHeartbeatTimeoutMs": "24h",
        "spark.sql.warehouse.dir": str(kernel.folder() / "warehouse"),
        **OWN_KERNEL.get(os.environ.get("SLUICE_KERNEL", ""), {}),
    }


def connector_jars() -> list[Path]:
    """The Kafka connector's jars, without those that pyspark brings in another version.

    They come before Spark's own on the class path: a second scala-library there breaks Spark.
    """
    import pyspark

    own = {_artifact(each) for each in (Path(pyspark.__file__).parent / "jars").glob("*.jar")}
    return [each for each in sorted(CONNECTOR.glob("*.jar")) if _artifact(each) not in own]


def _artifact(jar: Path) -> str:
    return jar.name.rpartition("-")[0]


def environment(given: Mapping[str, str], training: Path | None = None) -> None:
    """What pyspark and IPython read when they start."""
    os.environ |= {
        "PYSPARK_SUBMIT_ARGS": shlex.join([*words(confs(given, training)), "pyspark-shell"]),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        # The JVM's threads would each keep memory of their own that they have freed.
        "MALLOC_ARENA_MAX": "2",
        # For the workers, until they are ours: see `guest.workers`.
        **dict.fromkeys(SAFE, "1"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        # It goes on the class path, where a folder with anything in it makes the archive useless.
        "SPARK_CONF_DIR": NO_FOLDER,
        "IPYTHONDIR": str(kernel.folder() / "ipython"),
    }


def make_app() -> Any:
    """A kernel that writes no history and loads no one's profile."""
    from ipykernel.kernelapp import IPKernelApp
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.enabled = False
    app = IPKernelApp.instance(
        config=config,
        transport="ipc",
        connection_file=str(kernel.connection_file()),
        quiet=False,  # What Spark writes also goes to the service's log.
        outstream_class="guest.outlets.Outlet",
        log_level=logging.CRITICAL,
    )
    app.initialize([])  # type: ignore[no-untyped-call]
    return app


def run_pyspark_shell(namespace: dict[str, Any]) -> None:
    """Run pyspark's own start-up file; it exits the process when Spark does not start.

    Its banner is kept for the first cell to show.
    """
    import pyspark
    from pyspark.sql import DataFrameReader

    unload()
    reading.hasten(DataFrameReader)
    reading.give_up_soon(DataFrameReader)
    path = Path(pyspark.__file__).parent / "shell.py"
    banner = io.StringIO()
    with contextlib.redirect_stdout(banner):
        exec(compile(path.read_text(), str(path), "exec"), namespace)  # noqa: S102 - pyspark's own
    driver.banner = banner.getvalue()
    quiet(namespace["sc"])
    # IPython's own exit would only be asked for; the shell's ends the process.
    namespace |= {"exit": builtins.exit, "quit": builtins.quit}
    print(driver.banner, file=sys.__stdout__, flush=True)


def quiet(context: Any) -> None:
    """Don't let Java log, at length, an error that Python is about to raise."""
    log4j = context._jvm.org.apache.logging.log4j
    for logger in QUIET:
        log4j.core.config.Configurator.setLevel(logger, log4j.Level.OFF)
    # Nor Python the same as JSON, before it shows it as a traceback.
    for name in ("SQLQueryContextLogger", "DataFrameQueryContextLogger"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


def serve(given: Mapping[str, str], broker: str, *, is_waited_for: bool) -> None:
    """Start Spark, then run cells until told to end."""
    environment(given)
    app = make_app()
    namespace = app.shell.user_ns
    run_pyspark_shell(namespace)
    # Spark took control-C for itself; a cell that runs takes it back for its time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel.note_jvm(namespace["sc"]._gateway.proc.pid)
    # What is started from a cell, and a cell itself, finds a student's modules as anywhere.
    for name in SAFE:
        del os.environ[name]
    sys.path.insert(0, os.getcwd())
    with contextlib.suppress(OSError):
        queries.open_door(namespace["spark"])
    kernel.declare_ready()
    if is_waited_for:
        # Lines that wait do themselves what they would be warmed up by.
        driver.once_ended = lambda: warm.collect_in_background(namespace["spark"])
    else:
        warm.warm_in_background(namespace["spark"], broker)
    app.start()


def make_archive(path: Path) -> None:
    """Start Spark, have it do what sessions do, and end it: it writes the archive as it goes."""
    environment(QUICK, path)
    namespace: dict[str, Any] = {}
    run_pyspark_shell(namespace)
    warm.train(namespace["spark"])
    context = namespace["sc"]
    jvm = context._gateway.proc
    context.stop()
    context._gateway.shutdown()
    jvm.stdin.close()
    jvm.wait()  # Whoever asked for the archive says for how long.


def main(argv: list[str] | None = None) -> int:
    """Return 0 when told to end, or when there is an archive where it was asked for."""
    parser = argparse.ArgumentParser(prog="guest.shell", description=__doc__)
    parser.add_argument("--train", type=Path, metavar="FILE")
    parser.add_argument("--broker", default="", metavar="HOST:PORT")
    parser.add_argument("--waited-for", action="store_true", help="by lines: do nothing ahead")
    parser.add_argument("--conf", action="append", default=[], metavar="NAME=VALUE")
    options = parser.parse_args(argv)
    training: Path | None = options.train
    kernel.prepare()
    if training is None:
        given = dict(each.split("=", 1) for each in options.conf)
        serve(given, options.broker, is_waited_for=options.waited_for)
        return 0
    make_archive(training)
    return int(not training.is_file())


if __name__ == "__main__":
    sys.exit(main())
