"""What the page of hosts shows: rows that runners keep, and how much waits in their queues."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from redis.exceptions import RedisError

from portal import vitals
from portal.activities import queries
from portal.activities.models import Host, Preparation, Session
from portal.live.connection import connect

NEWS = timedelta(minutes=15)
WORDS = {
    vitals.STOOD_STILL: "stood still and was ended",
    vitals.KILLED: "was killed",
    vitals.ENDED: "ended by itself",
}


@dataclass(frozen=True, slots=True)
class Cluster:
    """A live session on a host."""

    session: Session
    memory: int
    """Bytes; 0 where nothing was measured."""


@dataclass(frozen=True, slots=True)
class Mishap:
    """How a host's worker or relay ended though nobody wanted that, a while ago."""

    part: str
    at: datetime
    words: str
    is_replaced: bool


@dataclass(frozen=True, slots=True)
class HostCard:
    """One host, with what the page says of it."""

    host: Host
    clusters: tuple[Cluster, ...]
    preparation: Preparation | None
    """The newest."""
    waiting: int | None
    """Tasks in its queue; None while Redis is away."""
    mishaps: tuple[Mishap, ...] = ()
    """What has become of its worker and relay, while that is news or no other is up."""

    @property
    def places_taken(self) -> int:
        """Clusters that it runs, or is about to."""
        return sum(each.session.state in queries.HOLDING for each in self.clusters)

    @property
    def asleep(self) -> int:
        """How many of them stand still."""
        return sum(each.session.asleep_since is not None for each in self.clusters)

    @property
    def clusters_memory(self) -> int:
        """Bytes that its clusters use together."""
        return sum(each.memory for each in self.clusters)

    @property
    def memory_used(self) -> int:
        """Bytes that nobody else can have."""
        return self.host.memory_total - self.host.memory_available

    @property
    def images(self) -> list[dict[str, Any]]:
        """The Docker images, with when they were built as a moment."""
        return [
            {**each, "built_at": parse_datetime(each["built_at"]) if each["built_at"] else None}
            for each in self.host.images
        ]

    @property
    def lacks_images(self) -> bool:
        """Whether Prepare has something to do."""
        return any(each["state"] != "present" for each in self.host.images)

    @property
    def has_docker(self) -> bool:
        """Whether there are images to prepare at all."""
        return any(each["name"] == "docker" for each in self.host.runtimes)

    @property
    def clock_off(self) -> str:
        """By how much its clock is off, and to which side."""
        side = "ahead" if self.host.clock_ahead > 0 else "behind"
        return f"{abs(self.host.clock_ahead):,.0f} s {side}"

    @property
    def is_preparing(self) -> bool:
        """Whether a preparation is under way."""
        return self.preparation is not None and self.preparation.state.is_active


def cards() -> list[HostCard]:
    """Every host that has ever reported, by name."""
    return [card(host) for host in Host.objects.all()]


def card(host: Host) -> HostCard:
    """What is to be said of one."""
    sessions = queries.on_host(host.name).select_related("owner").order_by("created_at")
    return HostCard(
        host=host,
        clusters=tuple(Cluster(each, int(host.clusters.get(each.pk, 0))) for each in sessions),
        preparation=host.preparations.first(),
        waiting=waiting_tasks(host),
        mishaps=tuple(mishaps_of(host.name)),
    )


def mishaps_of(host: str) -> Iterator[Mishap]:
    """What is to be said of a host's worker and relay."""
    for part in (vitals.WORKER, vitals.RELAY):
        known = vitals.worker_of(host, part)
        at = datetime.fromtimestamp(known.ended_at, UTC)
        is_news = timezone.now() - at < NEWS
        if known.why in WORDS and (is_news or not known.up_since):
            yield Mishap(part, at, WORDS[known.why], is_replaced=bool(known.up_since))


def waiting_tasks(host: Host) -> int | None:
    """How many tasks no worker has taken yet; None while Redis is away."""
    try:
        return int(connect().llen(host.queue))
    except (RedisError, OSError):
        return None
