"""A command that goes on: done once it says that it works, or has run for a moment."""

from collections.abc import Callable
from typing import Any

import pytest

from portal.engine.errors import ClusterError, CommandCancelled
from portal.engine.kinds.job import Job
from portal.engine.kinds.perform import perform
from portal.engine.lab.parse import parse_lab
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.fake import FakeRuntime

LAB = """\
name: tail
title: Tail
summary: A reader that goes on
tools: mids
services: [{name: mids, image: mids}]
steps:
  - id: tail
    title: Watch
    shows_command: docker-compose exec mids kafkacat -C -t hello
    run: {kind: watch, process: tail%s}
    timeout: 60
"""
SAYS = ', says: "^% Reached end"'
Does = Callable[[FakeRuntime], Any]


class Tail(FakeRuntime):
    """What it starts does something at once."""

    def __init__(self, does: Does):
        super().__init__()
        self.does = does

    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        super().start(session, service, process, argv)
        self.does(self)


def job_on(does: Does, more: str = "", *, cancelled: bool = False) -> tuple[Job, list[bytes]]:
    """The step as a job, and what it shows."""
    spec = parse_lab(LAB % more, dict[str, str]().__getitem__)
    runtime = Tail(does)
    for _ in runtime.up(ClusterSpec(session="s", services=spec.services, tools="mids", files={})):
        pass
    shown: list[bytes] = []
    job = Job(
        runtime=runtime,
        session="s",
        lab=spec,
        step=spec.steps[0],
        params={},
        write=lambda stream, data: shown.append(data),
        cancelled=lambda: cancelled,
    )
    return job, shown


def test_it_is_done_once_it_says_so_and_goes_on() -> None:
    job, shown = job_on(lambda own: own.say("s", "mids", b"% Reached end of topic", "tail"), SAYS)
    assert perform(job).is_serving
    assert b"% Reached end of topic\n" in shown
    found = job.runtime.observe("s").process("tail")
    assert found is not None
    assert found.is_running


def test_without_a_sign_it_is_done_when_it_has_run_for_a_moment() -> None:
    job, _ = job_on(lambda own: None)
    assert perform(job).is_serving


def test_one_that_ends_has_failed_and_what_it_said_is_shown() -> None:
    def end(own: FakeRuntime) -> None:
        own.say("s", "mids", b"no such option", "tail")
        own.end("s", "tail", 2)

    job, shown = job_on(end)
    with pytest.raises(ClusterError, match="ended with exit status 2"):
        perform(job)
    assert b"no such option\n" in shown


def test_one_that_is_given_up_is_not_left_running() -> None:
    job, _ = job_on(
        lambda own: own.say("s", "mids", b"still reading", "tail"), SAYS, cancelled=True
    )
    with pytest.raises(CommandCancelled):
        perform(job)
    found = job.runtime.observe("s").process("tail")
    assert found is not None
    assert not found.is_running
