"""Do a step of whatever kind, then look whether it did its work."""

from functools import partial

from portal.engine import blame
from portal.engine.errors import ClusterError, OnlyTried
from portal.engine.kinds.check import verify
from portal.engine.kinds.job import Job, Outcome, kind_of
from portal.engine.lab.entered import Entered


def perform(job: Job) -> Outcome:
    """Do a step and check it. Raises ClusterError."""
    watch = blame.Watch(partial(blame.processor_seconds, job.runtime, job.session))
    try:
        return performed(job)
    except ClusterError as error:
        judged = watch.judge(error, is_own=job.has_own_text)
        if judged is error:
            raise
        raise judged from error


def judge(job: Job, entered: Entered) -> Outcome:
    """See whether a line that somebody typed did what the step asks for. Raises ClusterError."""
    outcome = kind_of(job.step).saw(job, entered)
    if job.step.check is not None:
        verify(job, job.step.check, outcome.evidence)
    return outcome


def performed(job: Job) -> Outcome:
    """The same, without asking what the host was doing. Raises ClusterError."""
    kind = kind_of(job.step)
    outcome = kind.perform(job)
    if "has_passed" in job.params:
        # What was only tried leaves a step as it was.
        if not job.params["has_passed"]:
            raise OnlyTried(f"{kind.tried(job.params)} The step is not done yet.")
    elif job.step.check is not None:
        try:
            verify(job, job.step.check, outcome.evidence)
        except ClusterError:
            kind.undo(job)
            raise
    return outcome
