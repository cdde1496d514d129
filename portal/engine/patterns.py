"""Patterns that a lab's author wrote, matched without ever holding up the process that matches.

Python's own `re` may take for ever on a text of sixty characters, and holds the interpreter's lock
while it does. RE2 takes time in proportion to the text. What it can't do (looking ahead or behind,
back references) is refused where a lab is written; a lab that was published with such a pattern
before keeps it, matched by a process of its own that is ended after a while.
"""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import re2

from portal.engine.errors import Part, StepFailed

SLOW_SECONDS = 2.0
"""For a pattern that only Python's own matching takes, over all of a step's lines."""
SLOW_PROGRAM = """
import json, re, sys
asked = json.load(sys.stdin)
found = re.compile(asked["pattern"]).search
print(sum(1 for line in asked["lines"] if found(line)))
"""
LOOKS_AROUND = ("(?=", "(?!", "(?<=", "(?<!")


class PatternTooSlow(StepFailed):
    """A lab's pattern took too long on what a step printed."""

    code = "pattern-too-slow"


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Any:
    """The pattern for RE2. Raises ValueError, in an author's words."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ValueError(in_words(error)) from error


def in_words(error: Exception) -> str:
    """Why RE2 refuses a pattern."""
    said = error.args[0] if error.args else ""
    told = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    name, _, part = told.partition(": ")
    if name == "invalid perl operator" and part in LOOKS_AROUND:
        return (
            f"looks ahead or behind with {part}…), which patterns of labs can't: they are matched "
            "in one pass. Say what the line has in it, or match the line in another way"
        )
    if name == "invalid escape sequence" and part[1:].isdigit():
        return (
            f"refers back to a group with {part}, which patterns of labs can't: they are matched "
            "in one pass. Write out what may stand there"
        )
    if name == "invalid repetition size":
        return f"repeats too often: {part}. A thousand times at most, all together"
    return f"is not a regular expression that RE2 takes: {told}"


def fail_unless_readable(pattern: str) -> None:
    """Raise ValueError, in an author's words, for what no version of the portal ever took."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(f"is not a regular expression: {error}") from error


def refusal(pattern: str) -> str:
    """Why a lab that is written today can't have this pattern; empty if it can."""
    try:
        compiled(pattern)
    except ValueError as error:
        return str(error)
    return ""


def count_lines(pattern: str, lines: Sequence[str]) -> int:
    """In how many lines the pattern is found. Raises PatternTooSlow."""
    try:
        found = compiled(pattern).search
    except ValueError:
        return count_slowly(pattern, lines)
    return sum(1 for line in lines if found(line))


def count_slowly(pattern: str, lines: Sequence[str]) -> int:
    """The same by Python's own matching, in a process that can be ended."""
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", SLOW_PROGRAM],
            input=json.dumps({"pattern": pattern, "lines": list(lines)}).encode(),
            capture_output=True,
            timeout=SLOW_SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired:
        raise PatternTooSlow(
            f"The lab's own check took longer than {SLOW_SECONDS:g} s and was ended.",
            part=Part.LAB,
            advice="Your work may be right. Tell your instructor that this step's pattern is slow.",
        ) from None
    except subprocess.CalledProcessError as error:
        raise PatternTooSlow(
            "The lab's own check could not be carried out.",
            part=Part.LAB,
            advice="Tell your instructor that this step's pattern can't be matched.",
        ) from error
    return int(done.stdout)
