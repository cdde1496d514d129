"""For whoever watches over the portal: does it live, can it serve, and if not, what is wrong."""

from collections.abc import Iterator

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from portal import bucket, clock
from portal.activities import waiting
from portal.activities.models import Host
from portal.health import SICK, signs_of_life, what_is_wrong
from portal.live.connection import connect

MB = 1 << 20
FULL = 0.95
"""Of Redis's memory: it takes nothing more when it is full."""
QUEUE_SECONDS = 60.0
"""A task waits for so long only where all threads are busy, or the worker is stuck."""


def plain(words: str, status: int = 200) -> HttpResponse:
    """An answer for programs and people alike."""
    response = HttpResponse(f"{words}\n", content_type="text/plain; charset=utf-8", status=status)
    response["Cache-Control"] = "no-store"
    # Asked every few seconds: the log need not say each time what the answer says.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


@require_safe
@login_not_required
def livez(request: HttpRequest) -> HttpResponse:
    """200 while the web process answers at all: nothing else is asked."""
    return plain("ok")


@require_safe
@login_not_required
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when everything is there that a student needs; else 503, and a line for each trouble."""
    found = list(troubles())
    return plain("\n".join(found) or "ok", SICK if found else 200)


def troubles() -> Iterator[str]:
    """What is wrong, in words. Without database and Redis nothing else can be told."""
    if first := what_is_wrong():
        yield first
        return
    if said := bucket.trouble():
        yield said
    try:
        yield from full_redis()
        yield from silent_hosts()
    except (RedisError, OSError):
        yield "Redis does not answer."


def full_redis() -> Iterator[str]:
    """It evicts nothing, so that a full one refuses."""
    memory: dict[str, int] = connect().info("memory")
    most = memory.get("maxmemory", 0)
    if most and memory["used_memory"] > FULL * most:
        yield f"Redis is full: {memory['used_memory'] // MB:,} of {most // MB:,} MB."


def silent_hosts() -> Iterator[str]:
    """Hosts whose relay or worker gives no sign of life, or whose worker takes nothing up."""
    hosts = list(Host.objects.all())
    if not hosts:
        yield "No host has reported: is a relay running?"
    for host in hosts:
        seen = signs_of_life(host.name)
        for name in ("relay", "worker"):
            age = clock.time() - seen.get(name, 0.0)
            if age > settings.SLUICE_STALE_SECONDS:
                since = f"for {age:.0f} s" if name in seen else "yet"
                yield f"The {name} of {host} has given no sign of life {since}."
        waits = waiting.oldest_seconds(host.name)
        if waits > QUEUE_SECONDS:
            yield f"The worker of {host} takes up no tasks: the oldest waits for {waits:.0f} s."
