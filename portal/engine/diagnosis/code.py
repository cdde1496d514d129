"""What it was about the code itself; and what nobody knows better, as it was said."""

import re
from dataclasses import replace

from portal.engine.causes import code
from portal.engine.causes.cause import Cause
from portal.engine.diagnosis.case import Case
from portal.engine.errors import ClusterError

USUAL = frozenset({"json", "re", "os", "sys", "time", "datetime", "random", "math"})
FUNCTIONS = frozenset({"udf", "col", "from_json", "lit", "explode", "to_json", "get_json_object"})
UNREADABLE = frozenset({"SyntaxError", "IndentationError", "TabError"})
STATE = re.compile(r" SQLSTATE: \w{5}.*$", re.DOTALL)
"""What Spark adds for programs."""
CONDITIONS: dict[str, tuple[Cause, str]] = {
    "UNRESOLVED_COLUMN": (code.NO_COLUMN, "objectName"),
    "AMBIGUOUS_REFERENCE": (code.AMBIGUOUS, "name"),
    "COLUMN_ALREADY_EXISTS": (code.TWIN_COLUMNS, "columnName"),
    "TABLE_OR_VIEW_NOT_FOUND": (code.NO_VIEW, "relationName"),
    "PARSE_SYNTAX_ERROR": (code.SQL, ""),
    "DATA_SOURCE_NOT_FOUND": (code.NO_FORMAT, "provider"),
    "PATH_ALREADY_EXISTS": (code.PATH_EXISTS, "outputPath"),
    "PATH_NOT_FOUND": (code.NO_PATH, "path"),
    "CONTEXT_ONLY_VALID_ON_DRIVER": (code.SERIALIZED, ""),
}
STREAM = "Queries with streaming sources must be executed with writeStream.start()"


def of_code(case: Case) -> ClusterError:
    """Python's errors by their class, Spark's by their condition."""
    return _of_python(case) or _of_spark(case) or _as_said(case)


def _of_python(case: Case) -> ClusterError | None:
    error = case.error
    if error.name in UNREADABLE:
        return code.SYNTAX.error(case.details, message=error.message)
    if error.name == "ModuleNotFoundError":
        name = error.subject or error.message
        there = ", ".join(error.installed) or "those of Python itself"
        details = replace(case.details, name=name[:200])
        return code.NO_PACKAGE.error(details, name=name, installed=there)
    missing = re.match(r"name '(\w+)' is not defined", error.message)
    if error.name == "NameError" and missing:
        return _not_defined(case, missing[1])
    return None


def _not_defined(case: Case, name: str) -> ClusterError:
    details, message = replace(case.details, name=name), case.error.message
    if name in USUAL:
        return code.NOT_IMPORTED.error(details, message=message, name=name)
    if name in FUNCTIONS:
        module = f"from pyspark.sql.functions import {name}"
        found = code.NOT_IMPORTED.error(details, message=message, name=name)
        found.advice = f"Put '{module}' before it."
        return found
    if name == "Row":
        found = code.NOT_IMPORTED.error(details, message=message, name=name)
        found.advice = "Put 'from pyspark.sql import Row' before it."
        return found
    cause = code.NO_SPARK if name in ("spark", "sc") else code.NOT_DEFINED
    return cause.error(details, message=message)


def _of_spark(case: Case) -> ClusterError | None:
    error = case.error
    if error.condition.startswith("ATTRIBUTE_NOT_SUPPORTED"):
        name = error.parameter("attr_name") or error.message
        return code.NO_ATTRIBUTE.error(replace(case.details, name=name), name=name)
    if STREAM in error.message:
        return code.STREAMING.error(case.details)
    known = CONDITIONS.get(error.condition.partition(".")[0])
    if known is None:
        return None
    cause, parameter = known
    name = error.parameter(parameter) or error.message
    meant = error.parameter("proposal")
    return cause.error(
        replace(case.details, name=name),
        name=name,
        meant=f"Did you mean {meant}?" if meant else "",
        message=plain_words(error.message),
    )


def _as_said(case: Case) -> ClusterError:
    error = case.error
    if error.chain and not error.in_worker:
        return code.SPARK_SAYS.error(case.details, message=plain_words(error.root)[:500])
    return code.PYTHON.error(case.details, kind=error.name, message=error.message[:500])


def plain_words(message: str) -> str:
    """Spark's sentence without its names for programs."""
    return STATE.sub("", re.sub(r"^\s*\[[A-Z_.0-9]+\] ?", "", message)).strip()
