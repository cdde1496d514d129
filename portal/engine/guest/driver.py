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
from collections.abc import Iterator
from types import FrameType
from typing import Any

from . import jvm, kernel, large, progress, trouble
from .plain import plain

MIME = "application/vnd.sluice+json"
TABLE_BYTES = 4 * 2**20
RESULT_LIMIT = 100_000

banner = ""
"""What pyspark wrote when it started; the first cell shows it."""


def greet() -> None:
    """Show pyspark's banner, once."""
    global banner
    if banner:
        publish({"type": "stdout", "text": banner})
        banner = ""


def run(source: str, name: str, index: int) -> None:
    """Run the statement of that number of a source text; publish its result or its error."""
    # A traceback quotes the student's line, as it can for no shell's "<stdin>".
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    statement = ast.Interactive(body=[ast.parse(source).body[index]])
    try:
        with _own_signals(), _own_displayhook(), progress.told(_context, _publish_beside):
            exec(compile(statement, name, "single"), _namespace())  # noqa: S102 - as a shell does
    except SystemExit:
        publish({"type": "exit"})
    except BaseException as error:
        publish(_described(error, name))


def table(name: str, limit: int) -> None:
    """Publish the rows of the data frame of that name; nothing when there is none."""
    from pyspark.sql.classic.dataframe import DataFrame

    frame = _namespace().get(name)
    if not isinstance(frame, DataFrame):
        publish({"type": "no-table", "name": name, "is_there": frame is not None})
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
        publish(_described(error, name))
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
    sys.stdout.flush()
    sys.stderr.flush()
    _shell().display_pub.publish({MIME: message})


def _publish_beside(message: dict[str, Any]) -> None:
    """The same from another thread, which has written nothing."""
    _shell().display_pub.publish({MIME: message})


def _described(error: BaseException, name: str) -> dict[str, Any]:
    about_spark = {"jvm_status": jvm.exit_status(error), "memory": kernel.driver_memory()}
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
