"""An exception as a student can read it: its last line, where in their code, a short traceback.

Spark wraps an error of a Python worker in the stack traces of two languages, hundreds of lines
deep. What went wrong is the worker's last line; the Java frames are left out, and counted.
"""

import contextlib
import difflib
import pkgutil
import re
import sys
import traceback
from collections.abc import Iterator
from typing import Any

LINES = 20
MESSAGE_LIMIT = 2000
CHAIN = 20
WELL_KNOWN = ("pyspark", "kafka", "numpy", "pandas", "pyarrow", "flask", "requests", "redis")
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
    condition, parameters = condition_of(error)
    return {
        "type": "error",
        "name": kind,
        "message": message[:MESSAGE_LIMIT],
        "line": line_of(error, name),
        "in_worker": worker is not None,
        "causes": [found[0] for found in JAVA_CAUSE.findall(text)][:20],
        "java": java_word(error)[:MESSAGE_LIMIT],
        "chain": chain_of(error),
        "condition": condition,
        "parameters": parameters,
        "subject": subject_of(error),
        "installed": installed(error),
        "traceback": readable(error, name),
    }


def chain_of(error: BaseException) -> list[list[str]]:
    """Class and first line of Java's exception and of each that caused it, the root last."""
    found: list[list[str]] = []
    with contextlib.suppress(Exception):  # py4j has to ask the JVM, which may be gone.
        java = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
        while java is not None and len(found) < CHAIN:
            message = first_line(str(java.getMessage() or ""))
            found.append([java.getClass().getName(), message[:MESSAGE_LIMIT]])
            java = java.getCause()
    return found


def condition_of(error: BaseException) -> tuple[str, dict[str, str]]:
    """Spark's own name for what is wrong, and what its sentence is made of; or nothing.

    The first exception that has one is asked, of Python's and then of Java's.
    """
    for each in exceptions_of(error):
        with contextlib.suppress(Exception):
            if condition := each.getCondition():
                return str(condition)[:200], parameters_of(each)
    return "", {}


def parameters_of(error: Any) -> dict[str, str]:
    """The values of a sentence of Spark's, by name."""
    with contextlib.suppress(Exception):
        given = dict(error.getMessageParameters() or {})
        return {str(name)[:100]: str(given[name])[:500] for name in list(given)[:20]}
    return {}


def exceptions_of(error: BaseException) -> Iterator[Any]:
    """Yield an exception and those that led to it, and what Java has of each."""
    here: BaseException | None = error
    for _ in range(CHAIN):
        if here is None:
            return
        yield here
        with contextlib.suppress(Exception):
            java = getattr(here, "java_exception", None)
            while java is not None:
                yield java
                java = java.getCause()
        here = here.__cause__ or here.__context__


def subject_of(error: BaseException) -> str:
    """The name that Python could not find: a variable, a package, a key."""
    if isinstance(error, (NameError, ImportError, AttributeError)):
        return str(error.name or "")[:200]
    return str(error.args[0])[:200] if isinstance(error, KeyError) and error.args else ""


def installed(error: BaseException) -> list[str]:
    """Packages that there are, where one is missing: of like names, then the well-known ones."""
    if not isinstance(error, ModuleNotFoundError):
        return []
    wanted = (error.name or "").partition(".")[0]
    known = {each.name for each in pkgutil.iter_modules()} | set(sys.stdlib_module_names)
    like = difflib.get_close_matches(wanted, sorted(known), 3, 0.75)
    return list(dict.fromkeys([*like, *(each for each in WELL_KNOWN if each in known)]))


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
