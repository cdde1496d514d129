"""What is wrong with a lab is told in words that say what to write instead."""

import pytest

from portal.engine.lab.parse import parse_lab
from portal.engine.lab.problems import LabInvalid

LAB = """\
name: small
title: Small
summary: A lab
duration: 5
tools: mids
services:
  - name: store
    image: redis
    command: [redis-server]
    limits: {memory_mb: 64}
  - name: mids
    image: mids
files:
  - {path: a.sh, content: hi, mode: 0755}
steps:
  - id: serve
    title: Serve
    text: It goes on.
    shows_command: docker-compose exec mids flask run
    run: {kind: server, process: flask, port: 5000}
  - id: break
    title: Break it
    shows_command: docker-compose kill store
    run: {kind: fault, does: kill, process: store}
    needs: [serve]
  - id: which
    title: Which is it?
    shows_command: Which of these does not run?
    run: {kind: ask, asks: choice, of: broken, choices: [store, flask]}
    optional: true
  - id: count
    title: How many?
    shows_command: How many are there?
    run: {kind: ask, asks: number, key: 8}
    optional: true
  - id: stop
    title: Stop it
    shows_command: control-C
    run: {kind: stop, process: flask}
"""


def told(old: str, new: str) -> list[str]:
    """What is said of the lab with one piece replaced, each under its key."""
    assert old in LAB
    with pytest.raises(LabInvalid) as caught:
        parse_lab(LAB.replace(old, new), dict[str, str]().__getitem__)
    return [f"{each.key}: {each.message}" for each in caught.value.problems]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("It goes on.", "It goes on: and on", "a text that holds ': ' goes in quotes"),
        ("It goes on.", "`it` goes on", "a text that starts with a character like ` @"),
        ("    title: Serve", "   title: Serve", "indented unlike its neighbours"),
        ("    title: Serve", "\ttitle: Serve", "a tab is no indentation: use spaces"),
        ("title: Serve", "title Serve", "no ':' behind it"),
        ("[serve]", "[serve", "in brackets is not closed"),
        ("control-C", '"control-C', "a quote that is opened somewhere before is not closed"),
        ("duration: 5", "duration: five", "duration: must be a whole number, as 5"),
        ("duration: 5", "duration: 0", "duration: must be more than 0"),
        ("memory_mb: 64", "memory_mb: 99999", "must be 16384 at most"),
        ("mode: 0755", "mode: 755", "as in chmod, with a 0 in front"),
        ("optional: true", "optional: perhaps", "must be true or false"),
        ("[redis-server]", "redis-server", "must be a list, as [one, two]"),
        ("key: 8", "key: eight", "must be a whole number, as 5"),
        ("title: Small", "title: " + "x" * 121, "must have 120 characters at most"),
    ],
)
def test_a_mistake_is_told_by_what_would_be_right(old: str, new: str, words: str) -> None:
    assert words in told(old, new)[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "does: kill, process: store",
            "does: kill, process: stor",
            "steps[1].run.process: no process is called 'stor'; "
            "choose from flask, store (did you mean 'store'?)",
        ),
        (
            "does: kill, process: store",
            "does: cut-link, process: flask",
            "steps[1].run.process: flask has no link of its own; choose from store",
        ),
        (
            "stop, process: flask",
            "stop, process: flaks",
            "steps[4].run.process: no step starts a process called 'flaks'; "
            "choose from flask (did you mean 'flask'?)",
        ),
        (
            "[store, flask]",
            "[mids, curl]",
            "steps[2].run.choices: none of these is a process that can be broken; "
            "choose from flask, store",
        ),
    ],
)
def test_a_process_that_the_lab_has_not_is_told(old: str, new: str, said: str) -> None:
    assert told(old, new) == [said]


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("[redis-server]", "redis-server", "services[0].command"),
        ("name: store", "name: Store", "services[0].name"),
        ("kind: server", "kind: serv", "steps[0].run.kind"),
    ],
)
def test_a_process_that_a_mistake_hides_is_no_mistake_itself(old: str, new: str, key: str) -> None:
    (said,) = told(old, new)
    assert said.startswith(f"{key}: ")


def test_a_version_that_was_stored_before_is_read_as_it_was() -> None:
    stored = LAB.replace("kill, process: store", "kill, process: stor")
    assert parse_lab(stored, dict[str, str]().__getitem__, is_stored=True).name == "small"
