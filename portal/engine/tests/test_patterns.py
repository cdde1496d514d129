"""What a lab's author wrote as a pattern never holds anybody up."""

import importlib
import json
import pkgutil
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

import portal
from portal.engine import patterns
from portal.engine.errors import Part
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.problems import LabInvalid
from portal.engine.tests import pumping

LAB = """\
name: small
title: Small
summary: A lab
tools: mids
services:
  - {name: mids, image: mids}
steps:
  - id: hello
    title: Say hello
    shows_command: docker-compose exec mids echo hello
    run: {kind: exec}
    check: {matches: '%s', message: m}
"""
EVIL = [
    ("^(a+)+$", "a" * 60 + "!"),
    ("^(a|a)*$", "a" * 60 + "!"),
    ("(.*)*x", "y" * 100_000),
    ("^(([a-z])+.)+[A-Z]([a-z])+$", "a" * 10_000),
    ("(x+x+)+y", "x" * 100_000),
    (r"\s+$", " " * 100_000 + "."),
]


def no_file(name: str) -> str:
    raise FileNotFoundError(name)


@pytest.mark.parametrize(("pattern", "line"), EVIL)
def test_a_pattern_takes_time_in_proportion_to_the_text(pattern: str, line: str) -> None:
    """In a thread, so that one that hangs fails here and not by the run's own limit."""
    ended = threading.Event()
    count: list[int] = []

    def match() -> None:
        count.append(patterns.count_lines(pattern, [line]))
        ended.set()

    threading.Thread(target=match, daemon=True).start()
    assert ended.wait(5)
    assert count == [0]


@pytest.mark.parametrize(
    ("pattern", "word"),
    [
        ("(?=a)b", "ahead or behind"),
        ("(?!a)b", "ahead or behind"),
        ("(?<=a)b", "ahead or behind"),
        (r"(a)\1", "refers back"),
        ("a{1001}", "repeats too often"),
        ("((a{100}){100}){100}", "repeats too often"),
        (r"a\Z", "RE2"),
    ],
)
def test_what_cannot_be_matched_in_one_pass_is_refused_where_it_is_written(
    pattern: str, word: str
) -> None:
    with pytest.raises(LabInvalid) as caught:
        parse_lab(LAB % pattern, no_file)
    (problem,) = caught.value.problems
    assert (problem.line, problem.column) == (12, 22)
    assert problem.key == "steps[0].check.matches"
    assert word in problem.message


def test_a_lab_that_was_published_with_such_a_pattern_keeps_it() -> None:
    spec = parse_lab(LAB % "^(?!no)", no_file, is_stored=True)
    check = spec.steps[0].check
    assert check is not None
    assert patterns.count_lines(check.matches or "", ["yes", "no", "maybe"]) == 2


def test_such_a_pattern_is_ended_when_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "SLOW_SECONDS", 0.5)
    began = time.monotonic()
    with pytest.raises(patterns.PatternTooSlow) as caught:
        patterns.count_lines("^(?=a)(a+)+$", ["a" * 60 + "!"])
    assert time.monotonic() - began < 60
    assert caught.value.part is Part.LAB
    assert "instructor" in caught.value.advice


STUFF = [
    "a",
    "0",
    "f",
    " ",
    "\t",
    "\n",
    '"',
    "'",
    "/",
    ".",
    ":",
    "`",
    "\\",
    "(",
    "-",
    "\x1b[",
    "a/",
    '" ',
]
PUMP = """
import json, re, sys, time
for source, flags, is_bytes, own in json.load(sys.stdin):
    pattern = re.compile(source.encode() if is_bytes else source, flags)
    much = [stuff * (20_000 // len(stuff)) + "!" for stuff in json.loads(sys.argv[1])]
    for text in [*own, *much]:
        given = text.encode() if is_bytes else text
        print(repr((source, text[:200])), file=sys.stderr, flush=True)
        for match in (pattern.search, pattern.match, pattern.fullmatch):
            began = time.process_time()
            match(given)
            assert time.process_time() - began < 2
"""


def own_patterns() -> Iterator[tuple[str | bytes, int]]:
    """What each module of the portal keeps as a pattern, alone or in a list."""
    for module in pkgutil.walk_packages(portal.__path__, "portal."):
        if {"tests", "migrations", "parts", "management", "guest"} & set(module.name.split(".")):
            continue
        if module.name.split(".")[-1] in ("asgi", "celery", "__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            for each in value if isinstance(value, (tuple, list)) else [value]:
                for kept in each if isinstance(each, tuple) else [each]:
                    if isinstance(kept, re.Pattern):
                        yield kept.pattern, kept.flags


def test_the_portals_own_patterns_take_no_longer_than_that_either() -> None:
    """Python's `re` matches them against what students wrote, so none may ever run away."""
    found = dict.fromkeys(own_patterns())
    assert len(found) > 20
    assert pumped([(kept, flags) for kept, flags in found]) == ""


def test_a_pattern_that_runs_away_would_be_found() -> None:
    """As one of the portal's did, which had two words for one colour."""
    for pattern in (r"runs(?:\x1b\[\d+m|\x1b\[0m)* \d", r"runs(a+)+$"):
        assert "runs" in pumped([(pattern, 0)], seconds=3)


def pumped(found: Sequence[tuple[str | bytes, int]], seconds: float = 100) -> str:
    """Try each on texts that bring out its worst; what was tried when one took too long."""
    asked = []
    for kept, flags in found:
        source = kept.decode() if isinstance(kept, bytes) else kept
        own = list(pumping.texts(re.compile(source, flags & ~re.ASCII)))
        asked.append((source, flags, isinstance(kept, bytes), own))
    try:
        done = subprocess.run(
            [sys.executable, "-c", PUMP, json.dumps(STUFF)],
            input=json.dumps(asked),
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        return (error.stderr or b"").decode()[-800:]
    return done.stderr[-800:] if done.returncode else ""
