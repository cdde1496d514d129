"""Spark's Python workers, forked from a program that has what they need and looks for nothing.

A worker whose input is not read to its end, as `toDF()` and `show()` leave it, is ended, and the
next task has a new one: it would import the rest of pyspark, then read again the list of files of
Spark's own archives, which hold what is installed anyway. A student's modules are found once the
portal's own are there: `guest.shell` has it start without them.
"""

import os
import sys
from collections.abc import Callable
from importlib.machinery import PathFinder
from pathlib import Path
from typing import ParamSpec

ARCHIVES = "pyspark.zip", "py4j-*-src.zip"
Given = ParamSpec("Given")


def forget_archives() -> None:
    """Take Spark's archives off the path, where pyspark is there without them."""
    archives = [each for each in sys.path if any(Path(each).match(name) for name in ARCHIVES)]
    others = [each for each in sys.path if each not in archives]
    if PathFinder.find_spec("pyspark", others) and PathFinder.find_spec("py4j", others):
        sys.path[:] = others
        for each in archives:
            sys.path_importer_cache.pop(each, None)


def discreet(worker: Callable[Given, int]) -> Callable[Given, int]:
    """A worker that keeps quiet when Spark, which has rows enough, hangs up before it is done."""

    def work(*given: Given.args, **named: Given.kwargs) -> int:
        try:
            return worker(*given, **named)
        except BrokenPipeError:
            return 1

    return work


def main() -> None:
    """Serve as `pyspark.daemon` does."""
    forget_archives()
    import pyspark.worker  # noqa: F401 - for the workers, which have it when they are forked
    from pyspark import daemon

    for name in ("PYTHONSAFEPATH", "PYTHONNOUSERSITE"):
        os.environ.pop(name, None)
    sys.path.insert(0, os.getcwd())
    daemon.worker = discreet(daemon.worker)
    daemon.manager()


if __name__ == "__main__":
    main()
