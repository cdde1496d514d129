"""Whether a step did its work: how its check decides, from what its run left."""

import time
from dataclasses import replace

from portal.engine import patterns, table_check
from portal.engine.errors import (
    CheckTimedOut,
    ClusterError,
    CommandCancelled,
    CommandTimedOut,
    StepFailed,
)
from portal.engine.fresh import wait
from portal.engine.kinds.job import Evidence, Job, kind_of
from portal.engine.lab.check import Check, Records
from portal.engine.lab.command import Command


def verify(job: Job, check: Check, evidence: Evidence) -> None:
    """Raise StepFailed with the author's message unless the check is content."""
    if check.records is not None:
        evidence = with_records(job, check.records, evidence)
        if not has_records(check.records, evidence):
            raise missed(job, check, evidence)
    if check.routes and evidence.routes == ():
        raise missed(job, check, evidence)
    for attempt in range(check.retries + 1):
        if attempt:
            time.sleep(check.delay)
        if job.cancelled():
            raise CommandCancelled
        if is_content(job, check, evidence):
            return
    raise missed(job, check, evidence)


def missed(job: Job, check: Check, evidence: Evidence) -> ClusterError:
    """Why the check isn't content: the kind's own words, or else the author's."""
    return kind_of(job.step).missed(job, check, evidence) or StepFailed(
        check.message, part=job.part
    )


def with_records(job: Job, wanted: Records, evidence: Evidence) -> Evidence:
    """The evidence, and the records that came to topics because of the run; waits for them."""
    fresh = wait(
        job.runtime,
        job.session,
        job.lab.tools,
        job.lab.broker_address,
        since=job.began,
        least=wanted.at_least,
        seconds=wanted.within,
        topics=[wanted.topic] if wanted.topic else [],
        cancelled=job.cancelled,
    )
    return replace(evidence, fresh=fresh)


def has_records(wanted: Records, evidence: Evidence) -> bool:
    """Whether so many of them came, of the kind that is asked for."""
    if wanted.matches is None:
        return sum(each.count for each in evidence.fresh) >= wanted.at_least
    return sum(each.matching(wanted.matches) for each in evidence.fresh) >= wanted.at_least


def is_content(job: Job, check: Check, evidence: Evidence) -> bool:
    """One look."""
    said = bytes(job.kept)
    if check.run is not None:
        try:
            status, said = job.run(Command.parse(check.run), quiet=True)
        except CommandTimedOut as error:
            raise CheckTimedOut(error.seconds) from error
        if status != 0:
            return False
    if check.matches is not None:
        lines = said.decode(errors="replace").splitlines()
        if patterns.count_lines(check.matches, lines) < check.at_least:
            return False
    if check.columns or check.rows:
        table = evidence.extraction.table if evidence.extraction else None
        return table is not None and table_check.of_table(check, table) is None
    return True
