"""What the lines of a run have made: only that is judged, and not what an earlier run left."""

import ast
from typing import Any

_before: dict[str, Any] = {}
"""What each name stood for when the run began. Holding it, nothing new gets its identity."""


def begin(namespace: dict[str, Any]) -> None:
    """Remember what there is."""
    _before.clear()
    _before.update(namespace)


def is_new(namespace: dict[str, Any], name: str) -> bool:
    """Whether this run gave the name what it stands for now."""
    # A name that there was not is new, though it now stands for None.
    return name in namespace and (name not in _before or namespace[name] is not _before[name])


def frames(namespace: dict[str, Any], code: str) -> dict[str, Any]:
    """Data frames and RDDs that this run made or spoke of, the newest first."""
    from pyspark import RDD
    from pyspark.sql.classic.dataframe import DataFrame

    spoken = names_in(code)
    found = {
        name: value
        for name, value in reversed(list(namespace.items()))
        if isinstance(value, (DataFrame, RDD)) and not name.startswith("_")
    }
    new = {name: each for name, each in found.items() if is_new(namespace, name)}
    return new | {name: each for name, each in found.items() if name in spoken and name not in new}


def names_in(code: str) -> set[str]:
    """The names that a text uses or sets; none of one that can't be read."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
