"""Which host brings a new session's cluster up."""

from django.conf import settings

from portal.activities import queries
from portal.activities.models import Host


def choose_host(runtime: str) -> str:
    """The host with the most free places among those that can run it; ours while none reports.

    Launches at one moment may choose the same; harmless, since a full host lets sessions wait.
    """
    able = [host for host in Host.objects.all() if not host.is_silent and host.can_run(runtime)]
    if not able:
        # Its launch then says what is wrong, in the runtime's own words.
        ours: str = settings.HOST_NAME
        return ours
    taken = queries.live_by_host()
    free = {host.name: host.places - taken.get(host.name, 0) for host in able}
    return max(able, key=lambda host: (free[host.name], host.memory_available)).name
