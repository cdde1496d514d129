"""A glance at all of a host's sessions: which of them need no closer look.

To look at one closely takes ten queries, which find nothing where it is well and nobody wants
anything. Sixty such sessions would keep half a processor busy with that.
"""

from collections.abc import Iterable

from django.db.models import F, QuerySet

from portal.activities.models import Session, StepRun
from portal.activities.status import Desired, SessionStatus, StepStatus
from portal.engine.errors import ClusterError
from portal.engine.runtimes.base import State
from portal.runner.runtimes import get_runtime
from portal.runner.services import sleeping

LOOKS = 7
"""Of so many looks, one is a closer one for each session: its clocks are not glanced at."""


class Glance:
    """Whose turn it is for a closer look, though all is well."""

    def __init__(self) -> None:
        self.order: list[str] = []

    def well(self, host: str) -> set[str]:
        """The keys of sessions that are well and stand still, but for those whose turn it is."""
        calm = {each.pk: each for each in standing_still(host)}
        for pk in self.turns(calm):
            del calm[pk]
        serving: dict[str, list[StepRun]] = {pk: [] for pk in calm}
        # Asked before clusters are: a server that starts between the two is none that ended.
        for run in StepRun.objects.filter(session__in=serving, status=StepStatus.SERVING):
            run.session = calm[run.session_id]
            serving[run.session_id].append(run)
        return {pk for pk, session in calm.items() if is_well(session, serving[pk])}

    def turns(self, calm: Iterable[str]) -> list[str]:
        """Those that were not looked at for longest; they are the last from now on."""
        there = dict.fromkeys(calm)
        known = [pk for pk in self.order if pk in there]
        new = [pk for pk in there if pk not in set(known)]
        count = -(-len(there) // LOOKS)
        line = [*new, *known]
        self.order = line[count:] + line[:count]
        return line[:count]


def standing_still(host: str) -> QuerySet[Session]:
    """The sessions that are up, with nothing at work, and of which nobody wants anything."""
    return (
        Session.objects.filter(
            ~sleeping.busy(),
            host=host,
            status=SessionStatus.READY,
            desired=Desired.UP,
            asleep_since=None,
            is_autorunning=False,
            files_put__gte=F("files_saved"),
        )
        .exclude(pk__in=sleeping.idle().values("pk"))
        .prefetch_related("version__lab")  # One version for all, not its text once for each.
    )


def is_well(session: Session, serving: Iterable[StepRun]) -> bool:
    """Whether its cluster runs, and its servers do; of one that was typed nothing is known here."""
    try:
        health = get_runtime(session.runtime).observe(session.cluster)
    except ClusterError:
        return False
    if health.state is not State.UP:
        return False
    for run in serving:
        name = run.spec.run.process_name
        process = health.process(name) if name is not None and run.typed is None else None
        if process is None or not process.is_running:
            return False
    return True
