"""Steps of a lab that serve a script of a test's own and call it, on a cluster that is up."""

from dataclasses import dataclass, field
from typing import Any

from portal.engine.errors import ClusterError
from portal.engine.kinds.job import Evidence, Job
from portal.engine.kinds.perform import perform
from portal.engine.lab.check import Check
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import StepSpec
from portal.engine.runtimes.base import never
from portal.engine.spark import SparkOutcome
from tests.contract.cluster import Cluster

PORT = 5061
FOLDER = "own"


@dataclass(slots=True)
class Told:
    """How a step came out, and what its page would show."""

    error: ClusterError | None = None
    evidence: Evidence = field(default_factory=Evidence)
    shown: list[tuple[str, str]] = field(default_factory=list)
    kept: list[SparkOutcome] = field(default_factory=list)
    """The tables that it gave."""

    @property
    def cause(self) -> str:
        """Why it failed; empty if it passed."""
        return self.error.details.cause if self.error else ""

    def text(self, *streams: str) -> str:
        """What it wrote on these streams; on all of them where none is named."""
        return "".join(text for stream, text in self.shown if not streams or stream in streams)


@dataclass(frozen=True, slots=True)
class Lesson:
    """A lab on a cluster that is up."""

    cluster: Cluster
    lab: LabSpec

    def do(self, step: StepSpec, **params: Any) -> Told:
        """Perform a step, and say what came of it."""
        told = Told()

        def write(stream: str, data: bytes) -> None:
            told.shown.append((stream, data.decode(errors="replace")))

        def give(payload: object) -> None:
            if isinstance(payload, Evidence):
                told.evidence = payload
            elif isinstance(payload, SparkOutcome):
                told.kept.append(payload)

        job = Job(
            runtime=self.cluster.runtime,
            session=self.cluster.session,
            lab=self.lab,
            step=step,
            params=params,
            write=write,
            cancelled=never,
            give=give,
        )
        try:
            perform(job)
        except ClusterError as error:
            told.error = error
        return told

    def serve(self, script: str, *, name: str = "game.py", **changed: Any) -> Told:
        """Run a script as the lab runs its own, on a port of the tests'."""
        path = f"{FOLDER}/{name}"
        self.cluster.runtime.put_file(self.cluster.session, path, script.encode())
        return self.do(self.serving(f"/w205/{path}", **changed))

    def serving(self, path: str, **changed: Any) -> StepSpec:
        """The lab's step that serves, with another script."""
        step = self.lab.step("serve")
        run = step.run.model_copy(update={"port": PORT})
        line = (
            f"docker-compose exec mids env FLASK_APP={path} flask run --host 0.0.0.0 --port {PORT}"
        )
        return step.model_copy(update={"shows_command": line, "run": run, **changed})

    def call(self, *asked: str, check: Check | None = None, **changed: Any) -> Told:
        """Make curls of the lab's step that calls: each is what follows `curl`, PORT filled in."""
        step = self.lab.step("call").model_copy(update={"check": check, **changed})
        lines = [
            f"docker-compose exec mids curl {each.replace('PORT', str(PORT))}" for each in asked
        ]
        return self.do(step, commands=lines)

    def stop(self) -> None:
        """End the server that `serve` left running."""
        self.cluster.runtime.interrupt(self.cluster.session, "flask")

    def listens(self) -> bool:
        """Whether anything answers on the tests' port."""
        code = f"import socket; socket.create_connection(('localhost', {PORT}), 2)"
        return self.cluster.python(code).status == 0
