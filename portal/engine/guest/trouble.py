"""An exception as a student can read it: its last line, where in their code, a short traceback.

Spark wraps an error of a Python worker in the stack traces of two languages, hundreds of lines
deep. What went wrong is the worker's last line; the Java frames are left out, and counted.
"""

import re
import traceback
from typing import Any

LINES = 20
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
    if isinstance(error, SyntaxError):
        text = error.msg
    worker = worker_error(text)
    kind, message = worker or (type(error).__name__, first_line(text))
    return {
        "type": "error",
        "name": kind,
        "message": message[:MESSAGE_LIMIT],
        "line": line_of(error, name),
        "in_worker": worker is not None,
        "causes": [found[0] for found in JAVA_CAUSE.findall(text)][:20],
        "java": java_word(error)[:MESSAGE_LIMIT],
        "traceback": readable(error, name),
    }


def java_word(error: BaseException) -> str:
    """What Java calls its exception; nothing when there is none, or no Java any more."""
    try:
        return first_line(str(getattr(error, "java_exception", None) or ""))
    except Exception:  # py4j has to ask the JVM.
        return ""


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
    """A short traceback: the frames of the student's own code, then what went wrong.

    A worker's frames are in the text of the error that Spark made of the worker's.
    """
    if isinstance(error, SyntaxError):
        return "".join(traceback.format_exception_only(error)).rstrip()
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == name]
    lines = ["Traceback (most recent call last):"]
    for frame in own:
        lines += [f'  File "{name}", line {frame.lineno}, in {frame.name}', f"    {frame.line}"]
    text = str(error)
    found = worker_error(text)
    shown = {f"line {frame.lineno}, in {frame.name}" for frame in own}
    in_worker = re.findall(rf'File "{re.escape(name)}", (line \d+, in .*)', text if found else "")
    lines += [f'  File "{name}", {each}' for each in dict.fromkeys(in_worker) if each not in shown]
    kind, message = found or (type(error).__name__, said(text))
    return "\n".join([*lines, f"{kind}: {message}" if message else kind])


def said(text: str) -> str:
    """An error's text without Java's frames, and not for ever."""
    kept = [line[:500] for line in text.splitlines() if not JAVA_FRAME.match(line)]
    if len(kept) > LINES:
        kept = [*kept[:LINES], f"… ({len(kept) - LINES} more lines)"]
    return "\n".join(kept)
