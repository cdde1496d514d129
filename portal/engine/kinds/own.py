"""The session's own moves: what launching and tearing down do is shown as steps."""

from collections.abc import Iterator
from typing import Literal

from portal.engine.kinds.job import Kind
from portal.engine.lab.shell import comments, compose
from portal.engine.lab.step import Lab, Move, Rerun, StepSpec
from portal.engine.markdown import shell

OWN = "What is left of this lab alone, you remove with:\n\n"
REMOVES_ALL = """\
The course's own command removes *every* container on your machine, those of other work too:

"""


class Prepare(Kind):
    """The host has what the lab needs, and the student's stale sessions are gone."""

    kind: Literal["prepare"]

    move = Move.PREPARE
    label = "Before class"
    has_hints_at_home = False

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """The lab's own remains first: the course's command removes more than those."""
        yield OWN + shell("docker-compose down --remove-orphans")
        yield REMOVES_ALL + shell(step.shows_command)

    def script(self, rerun: Rerun) -> Iterator[str]:
        """Nobody's other containers are removed."""
        said = rerun.typed.commands[0]
        yield from comments(f"{said}\nLeft out: it removes every container you have.")
        yield "docker-compose down --remove-orphans </dev/null 2>/dev/null\n"


class Up(Kind):
    """Start the cluster."""

    kind: Literal["up"]

    move = Move.UP

    def script(self, rerun: Rerun) -> Iterator[str]:
        """Bring the cluster up and wait until it answers, as the lab's own check asks."""
        yield rerun.expected("docker-compose up -d </dev/null")
        check = rerun.step.check
        if check is not None and check.run is not None:
            yield rerun.expected(f"wait_for {compose(check.run, stdin='')}")


class Down(Kind):
    """Tear the cluster down."""

    kind: Literal["down"]

    move = Move.DOWN
    has_hints_at_home = False

    def script(self, rerun: Rerun) -> Iterator[str]:
        """No step of a script fails for that."""
        yield "docker-compose down </dev/null\n"
