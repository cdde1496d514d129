"""Something goes wrong, on purpose: to see what it costs, and to be put right."""

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from portal.engine import faults
from portal.engine.errors import Part, StepFailed
from portal.engine.faults import Deed
from portal.engine.kinds.job import Job, Kind, Outcome
from portal.engine.lab.fields import Name, mistake
from portal.engine.lab.shell import comments
from portal.engine.lab.step import Lab, Rerun
from portal.images.problems import choice, meant

COMPOSE = re.compile(r"docker-compose (stop|kill|start|pause|unpause) [a-z0-9-]+")
"""What does the same at home."""


class Fault(Kind):
    """Put a process out of work or have it work again, cut or slow a service's link, send a bad
    record, or end a server that has answered and not yet flushed."""

    kind: Literal["fault"]
    does: Deed
    process: Name | None = Field(
        default=None, description="A service or a step's server; `start` without it starts all"
    )
    topic: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,249}$")
    value: str = Field(default=faults.BAD_RECORD, max_length=10_000)
    path: str = Field(default="/", pattern=r"^/[^\s#]{0,500}$")

    label: ClassVar[str] = "A fault, on purpose"
    has_hints_at_home: ClassVar[bool] = False

    @model_validator(mode="after")
    def agrees(self) -> "Fault":
        """What it needs is there, and nothing else. Says all that is wrong."""
        wrong = [mistake((key,), said) for key, said in self.disagreements()]
        if wrong:
            raise ValidationError.from_exception_data("Fault", wrong)
        return self

    def disagreements(self) -> Iterator[tuple[str, str]]:
        """Each key that does not fit the others, and why."""
        is_record = self.does is Deed.RECORD
        if is_record != (self.topic is not None):
            yield "topic", "`does: record` needs the topic, and nothing else does"
        if is_record and self.process is not None:
            yield "process", "a record is sent to a topic: leave this out"
        if not is_record and self.does is not Deed.START and self.process is None:
            yield "process", f"`does: {self.does}` needs the process that it is done to"
        given = self.model_fields_set
        if "value" in given and not is_record:
            yield "value", "only `does: record` has a value"
        if "path" in given and self.does is not Deed.CUT_SHORT:
            yield "path", "only `does: cut-short` has a path"

    def misnamed(self, lab: Lab) -> Iterator[tuple[str, str]]:
        """A process that nothing starts, or whose link can't be cut."""
        known = faults.linked(lab) if self.does in faults.LINKS else list(faults.processes(lab))
        if self.process is not None and self.process not in known:
            words = f"no process is called {self.process!r}"
            if self.process in faults.processes(lab):
                words = f"{self.process} has no link of its own"
            yield "process", f"{words}; {choice(known)}{meant(self.process, known)}"

    @property
    def fault(self) -> faults.Fault:
        """What is done."""
        return faults.Fault(self.does, self.topic or self.process or "", self.value, self.path)

    def perform(self, job: Job) -> Outcome:
        """Do it. Raises ClusterError."""
        fault, known = self.fault, faults.processes(job.lab)
        if self.process is not None and self.process not in known:
            raise StepFailed(
                f"This lab has no process called {self.process!r}: {', '.join(known)}.",
                part=Part.LAB,
            )
        if fault.does in faults.LINKS and fault.target not in faults.linked(job.lab):
            raise StepFailed(
                f"{fault.target} has no link of its own: {', '.join(faults.linked(job.lab))}.",
                part=Part.LAB,
            )
        said = faults.cause(job.runtime, job.session, job.lab, fault, job.cancelled)
        job.emit("stdout", f"{said}\n".encode())
        job.give(fault)
        return Outcome(exit_status=0)

    def script(self, rerun: Rerun) -> Iterator[str]:
        """Compose can do most of it; else a comment."""
        line = rerun.typed.commands[0]
        if COMPOSE.fullmatch(line):
            yield rerun.expected(f"{line} </dev/null")
        else:
            yield from comments(line)
