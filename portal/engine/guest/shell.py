"""The warm pyspark of a session: `python -m guest.shell`, started once, used by many cells.

It is an IPython kernel, reached over sockets in a private folder, that has run pyspark's own
`shell.py`: `spark`, `sc` and the banner are those of the real shell. When that fails, it ends.
"""

import builtins
import contextlib
import io
import logging
import os
import shlex
import signal
import sys
from pathlib import Path
from typing import Any

from . import driver, kernel

CONNECTOR = Path("/opt/spark-kafka")
ARCHIVE = Path("/opt/spark-cds/spark.jsa")
"""Class data that the JVM maps instead of loading it, where the operator has made it."""
QUIET = (
    "org.apache.spark.executor.Executor",
    "org.apache.spark.scheduler.TaskSetManager",
    "org.apache.spark.sql.kafka010.KafkaOffsetReaderAdmin",
)


def confs() -> dict[str, str]:
    """What differs from pyspark as it comes: sized for one student and a few records."""
    java = ["-XX:+UseSerialGC", "-Djava.net.preferIPv4Stack=true"]
    if ARCHIVE.is_file():
        java += ["-Xshare:auto", f"-XX:SharedArchiveFile={ARCHIVE}"]
    return {
        "spark.master": "local[*]",
        "spark.ui.enabled": "false",
        # Its bar redraws one line of a terminal, which a page hasn't got.
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.shuffle.partitions": "1",
        "spark.driver.memory": kernel.driver_memory(),
        "spark.driver.extraJavaOptions": " ".join(java),
        "spark.driver.extraClassPath": ":".join(map(str, connector_jars())),
        "spark.sql.warehouse.dir": str(kernel.folder() / "warehouse"),
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


def environment() -> None:
    """What pyspark and IPython read when they start."""
    arguments = [word for key, value in confs().items() for word in ("--conf", f"{key}={value}")]
    os.environ |= {
        "PYSPARK_SUBMIT_ARGS": shlex.join([*arguments, "pyspark-shell"]),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
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
        log_level=logging.CRITICAL,
    )
    app.initialize([])  # type: ignore[no-untyped-call]
    return app


def run_pyspark_shell(namespace: dict[str, Any]) -> None:
    """Run pyspark's own start-up file; it exits the process when Spark does not start.

    Its banner is kept for the first cell to show.
    """
    import pyspark

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
    logging.getLogger("SQLQueryContextLogger").setLevel(logging.CRITICAL)


def main() -> int:
    """Start Spark, then serve cells until told to end."""
    kernel.prepare()
    environment()
    app = make_app()
    run_pyspark_shell(app.shell.user_ns)
    # Spark took control-C for itself; a cell that runs takes it back for its time.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    kernel.declare_ready()
    app.start()
    return 0


if __name__ == "__main__":
    sys.exit(main())
