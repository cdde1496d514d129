"""An exception as a student can read it: its last line, where in their code, a short traceback.

Spark wraps an error of a Python worker in the stack traces of two languages, hundreds of lines
deep. What went wrong is the worker's last line; the Java frames are left out, and counted.
"""

import re
import traceback
from typing import Any

LINES = 60
MESSAGE_LIMIT = 2000
JAVA_FRAME = re.compile(
    r"^\s*(?:at [\w.$/<>]+\(.*\)|\.\.\. \d+ (?:more|common frames omitted).*)\s*$"
)
WORKER_ERROR = re.compile(
    r"^(?:[A-Za-z_][\w.]*\.)?([A-Z]\w*(?:Error|Exception|Interrupt|Exit|Warning))(?:: ?(.*))?$"
)
JAVA_CAUSE = re.compile(r"^Caused by: ([\w.$]+)(?:: (.*))?$", re.MULTILINE)


def describe(error: BaseException, name: str) -> dict[str, Any]:
    """The message that a cell passes on; `line` is that of the student's text called `name`."""
    text = str(error)
    worker = worker_error(text)
    kind, message = worker or (type(error).__name__, first_line(text))
    return {
        "type": "error",
        "name": kind,
        "message": message[:MESSAGE_LIMIT],
        "line": line_of(error, name),
        "in_worker": worker is not None,
        "causes": [found[0] for found in JAVA_CAUSE.findall(text)][:20],
        "java": str(getattr(error, "java_exception", "") or "").split("\n", 1)[0][:MESSAGE_LIMIT],
        "traceback": readable(error, name),
    }


def worker_error(text: str) -> tuple[str, str] | None:
    """Name and message of the Python error of a worker that a Java trace carries."""
    _, mark, after = text.partition("Traceback (most recent call last):")
    if not mark:
        return None
    for line in after.splitlines():
        if JAVA_FRAME.match(line):
            break
        found = WORKER_ERROR.match(line)
        if found:
            return found[1], found[2] or ""
    return None


def first_line(text: str) -> str:
    """The first line that says something."""
    return next((line.strip() for line in text.splitlines() if line.strip()), "")


def line_of(error: BaseException, name: str) -> int | None:
    """The innermost line of the student's own code."""
    if isinstance(error, SyntaxError) and error.filename == name:
        return error.lineno
    lines = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == name
    ]
    return lines[-1] if lines else None


def readable(error: BaseException, name: str) -> str:
    """A plain traceback from the student's code on, without Java's frames."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != name:
        trace = trace.tb_next
    whole = "".join(traceback.format_exception(type(error), error, trace)).splitlines()
    kept = [line for line in whole if not JAVA_FRAME.match(line)]
    if len(kept) > LINES:
        kept = [*kept[: LINES // 2], "…", *kept[-LINES // 2 :]]
    if left_out := len(whole) - len(kept):
        kept.append(f"({left_out} lines of Java's and Spark's own traces are left out.)")
    return "\n".join(line[:500] for line in kept)
