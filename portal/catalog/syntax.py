"""Whether a lab's files can be read at all: told by line and column, before a student meets it."""

import ast
import json
from collections.abc import Mapping
from pathlib import PurePosixPath

import yaml

from portal.engine.lab.problems import Problem


def problems_in(files: Mapping[str, str]) -> dict[str, Problem]:
    """The first mistake of each file that has one, by path. Of unknown kinds nothing is said."""
    found = {path: problem_in(path, text) for path, text in sorted(files.items())}
    return {path: problem for path, problem in found.items() if problem is not None}


def problem_in(path: str, text: str) -> Problem | None:
    """A file's first mistake."""
    match PurePosixPath(path).suffix:
        case ".py":
            return in_python(text)
        case ".json":
            return in_json(text)
        case ".yaml" | ".yml":
            return in_yaml(text)
    return None


def in_python(text: str) -> Problem | None:
    """As Python would say it, without running any of it."""
    try:
        ast.parse(text)
    except SyntaxError as error:
        return Problem(error.lineno or 1, error.offset or 1, "", error.msg)
    except (ValueError, RecursionError, MemoryError) as error:
        return Problem(1, 1, "", f"can't be read as Python: {error}")
    return None


def in_json(text: str) -> Problem | None:
    """As JSON."""
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return Problem(error.lineno, error.colno, "", error.msg)
    except RecursionError:
        return Problem(1, 1, "", "is nested too deeply")
    return None


def in_yaml(text: str) -> Problem | None:
    """As YAML. Only its events are looked at: aliases are never expanded."""
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        return Problem(line, column, "", error.problem or "is no YAML")
    except (yaml.YAMLError, RecursionError) as error:
        return Problem(1, 1, "", str(error).splitlines()[0])
    return None
