"""Thirty launches in a minute: how long each waits, from a pool or without one."""

import random
import threading
import time

from bench import crowd
from bench.asked import Asked
from bench.figures import Figure, percentile

STUDENTS, MINUTES = 30, 1.0
FILL_SECONDS = 12.0
"""For each cluster of the pool, at most."""


class Launches:
    """What became of each."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.troubles: list[str] = []
        self.began = time.monotonic()

    def one(self, pupil: crowd.Pupil, after: float) -> None:
        """Somebody who comes so many seconds after it began."""
        time.sleep(max(0.0, self.began + after - time.monotonic()))
        try:
            self.waits.append(pupil.click())
        except (RuntimeError, TimeoutError, AssertionError, OSError) as error:
            self.troubles.append(f"{pupil.session}: {error}")


def measure(asked: Asked) -> list[Figure]:
    """One storm."""
    students = asked.students or STUDENTS
    minutes = asked.minutes or MINUTES
    pool = students if asked.pool is None else asked.pool
    said = {"SLUICE_POOL": f"week10={pool}"} if pool else {}
    chance = random.Random(7)
    with crowd.portal(**said) as portal:
        pupils = crowd.pupils(portal, students)
        ready = crowd.wait_for_pool(pool, pool * FILL_SECONDS) if pool else 0
        launches = Launches()
        threads = [
            threading.Thread(
                target=launches.one, args=(each, chance.uniform(0, 60 * minutes)), daemon=True
            )
            for each in pupils
        ]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        ended = time.monotonic() - launches.began
    for trouble in launches.troubles:
        print(trouble[:500])
    return [
        Figure("launches", "", (float(students),)),
        Figure("in the pool when it began", "", (float(ready),)),
        Figure("ready", "", (float(len(launches.waits)),)),
        Figure("click to ready page", "s", tuple(launches.waits)),
        Figure("click to ready page, p95", "s", (percentile(launches.waits, 95),)),
        Figure("until all were ready", "s", (ended,)),
    ]
