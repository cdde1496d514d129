"""Which host brings a new session's cluster up."""

from django.conf import settings

from portal.activities import queries
from portal.activities.models import Host
from portal.activities.services.wishes import NotNow

NO_HOST = (
    "No host takes new sessions just now. Try again later, or ask whoever looks after the portal: "
    "the page of hosts says why."
)


def choose_host(runtime: str) -> str:
    """The host with the most free places among those that can run it; ours while none reports.

    Launches at one moment may choose the same; harmless, since a full host lets sessions wait.
    Raises NotNow where those that report are all drained, or not fit.
    """
    ours: str = settings.HOST_NAME
    hosts = [host for host in Host.objects.all() if not host.is_silent and host.can_run(runtime)]
    if all(host.name == ours and not host.is_draining for host in hosts):
        # Its launch says what is wrong, in the runtime's own words; and of one machine web and
        # runner are seldom of two releases for more than a moment.
        return ours
    able = [host for host in hosts if host.takes_sessions]
    if not able:
        raise NotNow(NO_HOST)
    taken = queries.live_by_host()
    free = {host.name: host.places - taken.get(host.name, 0) for host in able}
    return max(able, key=lambda host: (free[host.name], host.memory_available)).name
