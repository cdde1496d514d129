"""From the click to the page that says ready: with a cluster of the pool, and with a cold one.

In turn, on the same portal: before each cold one the pool is emptied, once it was full.
"""

import time

from bench import crowd
from bench.asked import Asked
from bench.figures import Figure, percentile
from portal.activities.models import PoolCluster, Session

ROUNDS = 10
FULL_SECONDS = 60.0
CLAIMED, COLD = "click to ready page, pool", "click to ready page, cold"


def measure(asked: Asked) -> list[Figure]:
    """Rounds of both, or as many as there is time for."""
    deadline = time.monotonic() + 60 * (asked.minutes or 4.0)
    taken: dict[str, list[float]] = {CLAIMED: [], COLD: []}
    rows: list[float] = []
    pages: list[float] = []
    with crowd.portal(SLUICE_POOL="week10=1") as portal:
        (pupil,) = crowd.pupils(portal, 1)
        for _ in range(ROUNDS):
            for what in (CLAIMED, COLD):
                if not crowd.wait_for_pool(1, FULL_SECONDS):
                    raise RuntimeError("the pool is not filled")
                if what == COLD:
                    PoolCluster.objects.all().delete()
                taken[what].append(pupil.click())
                if what == CLAIMED:
                    rows.append(claim_ms(pupil.session))
                    pages.append(page_ms(pupil))
                pupil.leave()
            if time.monotonic() > deadline:
                break
    return [
        Figure(CLAIMED, "s", tuple(taken[CLAIMED]), (COLD,)),
        Figure(COLD, "s", tuple(taken[COLD])),
        Figure("the page's own time", "ms", tuple(pages)),
        Figure("row made to row ready, pool", "ms", tuple(rows)),
        Figure("row made to row ready, pool, p95", "ms", (percentile(rows, 95),)),
    ]


def claim_ms(session: str) -> float:
    """What a launch took by its row, which is without any page."""
    row = Session.objects.get(pk=session)
    if row.cluster == row.pk or row.ready_at is None:
        raise RuntimeError("no cluster of the pool was taken")
    return (row.ready_at - row.created_at).total_seconds() * 1000


def page_ms(pupil: crowd.Pupil) -> float:
    """The session's whole page, when nothing else happens."""
    began = time.perf_counter()
    pupil.get(f"/s/{pupil.session}/")
    return (time.perf_counter() - began) * 1000
