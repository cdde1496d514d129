"""What a cell calls inside the kernel: run a statement as the pyspark shell does, fetch a table.

What it finds it publishes beside the output, as display data of a type of its own.
"""

import ast
import builtins
import contextlib
import json
import linecache
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from . import jvm, kernel, large, made, outlets, progress, sources, trouble
from .plain import plain

MIME = "application/vnd.sluice+json"
TABLE_BYTES = 4 * 2**20
RESULT_LIMIT = 100_000

banner = ""
"""What pyspark wrote when it started; the first cell shows it."""

once_ended: Callable[[], None] | None = None
"""What is to be done when the first run has ended."""


def begin() -> None:
    """Begin a run: show pyspark's banner, once; remember what there is already."""
    global banner
    made.begin(_namespace())
    if banner:
        publish({"type": "stdout", "text": banner})
        banner = ""


def end() -> None:
    """End a run: nothing of it may keep the next from working."""
    global once_ended
    if once_ended is not None:
        once_ended()
        once_ended = None
    outlets.follow(_shell().display_pub.parent_header)
    for name, what in outlets.restore():
        publish({"type": "output-redirected", "name": name, "what": what})
    if not is_running():
        publish({"type": "spent"})


def is_running() -> bool:
    """Whether Spark is there for the next run."""
    from pyspark import SparkContext

    try:
        context = _context()
        alive = context._jsc is not None and not context._jsc.sc().isStopped()
    except Exception:
        return False
    return alive and SparkContext._active_spark_context is context


def reads(code: str, table: str, has_ended: bool) -> None:
    """Publish what the run's table was made of; without one, what the run's frames were."""
    namespace = _namespace()
    found: dict[str, list[Any]] = {"places": [], "topics": [], "pattern": []}
    with contextlib.suppress(Exception):
        new = {
            name: each
            for name, each in made.frames(namespace, code).items()
            if made.is_new(namespace, name)
        }
        frames = new or made.frames(namespace, code)
        # What is planned for a run that failed may be what failed.
        if table in frames:
            add(found, reads_of(frames[table], has_ended))
        for frame in frames.values() if not any(found.values()) else ():
            add(found, reads_of(frame, has_ended))
    found["places"] = sources.merged(found["places"])
    publish({"type": "reads", **found})


def add(found: dict[str, list[Any]], more: dict[str, list[Any]]) -> None:
    """What was not found before."""
    for name, each in more.items():
        found[name] += [one for one in each if one not in found[name]]


def reads_of(frame: Any, may_plan: bool) -> dict[str, list[Any]]:
    """What a data frame, or an RDD, reads of Kafka."""
    if hasattr(frame, "_jdf"):
        return sources.of_frame(frame, may_plan=may_plan)
    return {"places": sources.of_rdd(frame), "topics": [], "pattern": []}


def run(source: str, name: str, index: int) -> None:
    """Run the statement of that number of a source text; publish its result or its error."""
    # A traceback quotes the student's line, as it can for no shell's "<stdin>".
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    statement = ast.Interactive(body=[ast.parse(source).body[index]])
    outlets.follow(_shell().display_pub.parent_header)
    try:
        with _own_signals(), _own_displayhook(), progress.told(_context, _publish_beside):
            exec(compile(statement, name, "single"), _namespace())  # noqa: S102 - as a shell does
    except SystemExit:
        publish({"type": "exit"})
    except BaseException as error:
        publish(_described(error, name))
    else:
        # What went by the descriptor must show before the statement counts as done.
        outlets.flush()


def table(name: str, limit: int, code: str) -> None:
    """Publish the rows of the data frame of that name, or why there are none.

    One that an earlier run has made is this run's only if its code speaks of it, and even then what
    is wrong with it is not this run's failure.
    """
    from pyspark.sql.classic.dataframe import DataFrame

    namespace = _namespace()
    frame: Any = namespace.get(name)
    is_old = not made.is_new(namespace, name)
    is_frame = isinstance(frame, DataFrame)
    if not is_frame or (is_old and name not in made.names_in(code)):
        publish(
            {
                "type": "no-table",
                "name": name,
                "is_there": frame is not None,
                # Whatever it is, these lines did not make it, nor speak of it.
                "is_old": is_frame
                or (is_old and name in namespace and name not in made.names_in(code)),
                "others": [each for each in made.frames(namespace, code) if each != name][:20],
            }
        )
        return
    try:
        with _own_signals(), progress.told(_context, _publish_beside):
            started = time.perf_counter()
            rows = frame.limit(limit + 1).collect()
            values, bytes_a_row = _bounded(rows[:limit])
            count, has_file = len(rows), False
            if len(values) < count:
                count, has_file = _write_all(frame, bytes_a_row)
    except BaseException as error:
        if is_old:
            publish({"type": "no-table", "name": name, "is_there": True, "is_old": True})
        else:
            publish(_described(error, "<stdin>"))
        return
    publish(
        {
            "type": "table",
            "name": name,
            "columns": [{"name": each, "type": kind} for each, kind in frame.dtypes],
            "rows": values,
            "row_count": count,
            "truncated": len(values) < count,
            "has_file": has_file,
            "seconds": time.perf_counter() - started,
        }
    )


def _write_all(frame: Any, bytes_a_row: int) -> tuple[int, bool]:
    """How many rows there are, and whether they were written; if not, the first ones have to do."""
    if 0 < len(frame.columns) <= large.COLUMNS:
        try:
            return large.write(frame, bytes_a_row), True
        except Exception as error:  # There may be no space for them.
            words = trouble.first_line(str(error))
            print(f"Not all rows could be fetched: {words}", file=sys.stderr)
    return frame.count(), False


def publish(message: dict[str, Any]) -> None:
    """Send a message to the cell, after what was written before it."""
    outlets.flush()
    _shell().display_pub.publish({MIME: message})


def _publish_beside(message: dict[str, Any]) -> None:
    """The same from another thread, which has written nothing."""
    _shell().display_pub.publish({MIME: message})


def _described(error: BaseException, name: str) -> dict[str, Any]:
    about_spark: dict[str, Any] = {
        "jvm_status": jvm.exit_status(error),
        "memory": kernel.driver_memory(),
    }
    if about_spark["jvm_status"] is None and not is_running():
        about_spark["is_stopped"] = True
    return trouble.describe(error, name) | about_spark


def _context() -> Any:
    return _namespace()["sc"]


def _shell() -> Any:
    from IPython.core.getipython import get_ipython

    return get_ipython()


def _namespace() -> dict[str, Any]:
    namespace: dict[str, Any] = _shell().user_ns
    return namespace


def _bounded(rows: list[Any]) -> tuple[list[list[Any]], int]:
    """The first rows, as many as a message takes, and how many bytes one has on average."""
    kept: list[list[Any]] = []
    size = 0
    for number, row in enumerate(rows, 1):
        values = [plain(each) for each in row]
        size += len(json.dumps(values))
        if size > TABLE_BYTES:
            return kept, size // number
        kept.append(values)
    return kept, size // max(1, len(rows))


@contextlib.contextmanager
def _own_displayhook() -> Iterator[None]:
    before = sys.displayhook

    def show(value: object) -> None:
        if value is None:
            return
        builtins._ = value  # type: ignore[attr-defined]
        text = repr(value)
        publish({"type": "result", "text": text[:RESULT_LIMIT], "length": len(text)})

    sys.displayhook = show
    try:
        yield
    finally:
        sys.displayhook = before


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Control-C cancels Spark's jobs, as it does in the shell, then interrupts Python."""

    def stop(number: int, frame: FrameType | None) -> None:
        # Once is enough: a second one must not end the tidying up.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        context: Any = _namespace().get("sc")
        with contextlib.suppress(Exception):
            context.cancelAllJobs()
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
