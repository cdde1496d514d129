"""Whether a host gets new sessions: an admin's wish, ahead of maintenance and after it."""

from portal.activities import queries
from portal.activities.models import Host


def drain(name: str, *, is_draining: bool) -> int:
    """Have a host get no new sessions, or get them again; return how many live ones it has.

    What is on it goes on, what waits there is brought up there; its pool is given up by its
    reconciler. Raises Host.DoesNotExist.
    """
    if not Host.objects.filter(pk=name).update(is_draining=is_draining):
        raise Host.DoesNotExist
    return queries.on_host(name).count()
