"""A spark step: all of its lines, a few that somebody tries, or a pyspark that starts anew."""

from typing import TYPE_CHECKING

from portal.engine import confs, spark
from portal.engine.errors import OnlyTried
from portal.engine.runs import Spark

if TYPE_CHECKING:
    from portal.engine.steps import Job


def carry_out(job: "Job", run: Spark) -> spark.SparkOutcome | None:
    """Run the lines; None when there were none to run. Raises ClusterError."""
    if job.params.get("restart"):
        restart(job, run)
        return None
    code = str(job.params.get("code") or job.step.shows_command)
    if selection := job.params.get("selection"):
        # A few lines, as somebody tries them in a shell: no table is made of them.
        code, run = str(selection), run.model_copy(update={"table": None, "topic": None})

    def emit(stream: str, text: str) -> None:
        job.emit(stream, text.encode(errors="replace"))

    outcome = spark.run_cell(
        job.runtime,
        job.session,
        run,
        code,
        emit,
        job.step.timeout,
        job.cancelled,
        job.tell,
        conf=job.lab.service(run.service).spark_conf,
    )
    job.give(outcome)
    if outcome.error is not None:
        raise outcome.error
    return outcome


def restart(job: "Job", run: Spark) -> None:
    """A pyspark without anything that was set; the next lines wait for it."""
    conf = job.lab.service(run.service).spark_conf
    job.write("note", f">>> exit()\n$ {confs.command(run.service, conf)}\n".encode())
    spark.stop(job.runtime, job.session)
    spark.start(job.runtime, job.session, run.service, conf)


def finish_trial(job: "Job") -> None:
    """What was only tried leaves a step as it was. Raises OnlyTried for one that is not done."""
    if not job.params["has_passed"]:
        did = "pyspark starts anew" if job.params.get("restart") else "The selected lines ran"
        raise OnlyTried(f"{did}. The step is not done yet.")
