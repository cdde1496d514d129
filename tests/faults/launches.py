"""Many launches at once on a database file: run by test_launches.py, in a process of its own."""

import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from portal.activities.models import Session  # noqa: E402
from portal.runner.services import clusters, room  # noqa: E402
from tests.rows import make_session  # noqa: E402


def claim(gate: threading.Barrier, session: Session) -> bool:
    """One worker's thread that has the launch's task."""
    gate.wait(30)
    try:
        return clusters.claim_place(session)
    finally:
        connection.close()


def main(crowd: int) -> None:
    """Print how many took a place at once, and how many have one after each was asked again."""
    room.LEAST_STARTS = crowd  # Places are what is asked for here, not turns.
    call_command("migrate", verbosity=0, interactive=False)
    sessions = [make_session() for _ in range(crowd)]
    Session.objects.update(host=settings.HOST_NAME)
    gate = threading.Barrier(crowd)
    with ThreadPoolExecutor(crowd) as pool:
        at_once = sum(pool.map(lambda each: claim(gate, each), sessions))
    for session in sessions:
        clusters.claim_place(session)
    holding = Session.objects.filter(status="starting").count()
    print(json.dumps({"at_once": at_once, "holding": holding}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
