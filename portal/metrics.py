"""What there is to count, as Prometheus reads it: for admins, a token, or the machine itself."""

import hmac
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_address

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, F, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import CollectorRegistry
from redis.exceptions import RedisError

from portal.activities import waiting
from portal.activities.models import Host, Session, StepRun
from portal.activities.status import SessionStatus, StepStatus
from portal.live import shares
from portal.live.connection import connect

LAUNCH_SECONDS = (1, 2, 3, 5, 8, 13, 20, 30, 60, 120, 300)


@require_safe
@login_not_required
def metrics(request: HttpRequest) -> HttpResponse:
    """All counts. To anybody else there is no such page."""
    if not may_read(request):
        raise Http404
    registry = CollectorRegistry()
    registry.register(Counts())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read(request: HttpRequest) -> bool:
    """An admin, whoever has the token, or a program of this machine that nobody speaks through."""
    if request.user.is_authenticated:
        return request.user.has_perm("activities.view_host")
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "")
    if token and hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return True
    forwarded = {"X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via"} & set(request.headers)
    return not forwarded and is_loopback(str(request.META.get("REMOTE_ADDR", "")))


def is_loopback(address: str) -> bool:
    """Whether it is this machine's own."""
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class Counts:
    """Reads all of it anew each time: rows and Redis count, not this process."""

    def collect(self) -> Iterator[Metric]:
        """While Redis is away there is what rows tell."""
        yield sessions()
        yield launches()
        yield failures()
        yield sockets()
        try:
            yield from queues()
            yield from streams()
        except (RedisError, OSError):
            return


def sessions() -> Metric:
    """By what they are now."""
    family = GaugeMetricFamily("sluice_sessions", "Sessions by state", labels=["state"])
    found = dict(Session.objects.values_list("status").annotate(Count("pk")))
    for state in SessionStatus:
        family.add_metric([state.value], found.get(state.value, 0))
    return family


def launches() -> Metric:
    """How long each session's newest launch took, of those that rows know."""
    took = F("ready_at") - F("starting_at")
    done = Session.objects.exclude(ready_at=None).exclude(starting_at=None).annotate(took=took)
    buckets = [
        (str(float(most)), done.filter(took__lte=timedelta(seconds=most)).count())
        for most in LAUNCH_SECONDS
    ]
    total = done.aggregate(all=Count("pk"), seconds=Sum("took"))
    family = HistogramMetricFamily("sluice_launch_seconds", "From being placed to being ready")
    seconds = total["seconds"].total_seconds() if total["seconds"] else 0.0
    family.add_metric([], [*buckets, ("+Inf", total["all"])], sum_value=seconds)
    return family


def failures() -> Metric:
    """Steps that have failed, by whose doing it was."""
    family = CounterMetricFamily(
        "sluice_step_failures", "Failed steps by the part that failed", labels=["part"]
    )
    failed = StepRun.objects.filter(status=StepStatus.FAILED).order_by()
    for part, count in failed.values_list("error_part").annotate(Count("pk")):
        family.add_metric([part or "unknown"], count)
    return family


def sockets() -> Metric:
    """Of this process, which has them all."""
    from portal import asgi  # It builds what serves this very page.

    return GaugeMetricFamily("sluice_sockets", "Open sockets", value=asgi.sockets.count)


def queues() -> Iterator[Metric]:
    """What waits for each host's worker."""
    length = GaugeMetricFamily("sluice_queue_tasks", "Tasks that wait", labels=["host"])
    oldest = GaugeMetricFamily(
        "sluice_queue_oldest_seconds", "How long the oldest has waited", labels=["host"]
    )
    for host in Host.objects.all():
        length.add_metric([host.name], int(connect().llen(host.queue)))
        oldest.add_metric([host.name], waiting.oldest_seconds(host.name))
    yield from (length, oldest)


def streams() -> Iterator[Metric]:
    """What Redis holds, and what it had to let go."""
    held = shares.held()
    yield GaugeMetricFamily("sluice_stream_bytes", "What all streams take", value=held.bytes)
    yield GaugeMetricFamily("sluice_stream_shares", "Sessions with streams", value=held.shares)
    yield CounterMetricFamily(
        "sluice_stream_evictions", "Chunks dropped by a share's bound", value=held.dropped
    )
    memory: dict[str, int] = connect().info()
    yield GaugeMetricFamily("sluice_redis_bytes", "Redis's memory", value=memory["used_memory"])
    yield CounterMetricFamily(
        "sluice_redis_evictions", "Keys that Redis evicted", value=memory["evicted_keys"]
    )
