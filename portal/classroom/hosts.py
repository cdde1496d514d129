"""What the page of hosts shows: rows that runners keep, and how much waits in their queues."""

from dataclasses import dataclass
from typing import Any

from django.utils.dateparse import parse_datetime
from redis.exceptions import RedisError

from portal.activities import queries
from portal.activities.models import Host, Preparation, Session
from portal.live.connection import connect


@dataclass(frozen=True, slots=True)
class Cluster:
    """A live session on a host."""

    session: Session
    memory: int
    """Bytes; 0 where nothing was measured."""


@dataclass(frozen=True, slots=True)
class HostCard:
    """One host, with what the page says of it."""

    host: Host
    clusters: tuple[Cluster, ...]
    preparation: Preparation | None
    """The newest."""
    waiting: int | None
    """Tasks in its queue; None while Redis is away."""

    @property
    def places_taken(self) -> int:
        """Clusters that it runs, or is about to."""
        return sum(each.session.state in queries.HOLDING for each in self.clusters)

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
    )


def waiting_tasks(host: Host) -> int | None:
    """How many tasks no worker has taken yet; None while Redis is away."""
    try:
        return int(connect().llen(host.queue))
    except (RedisError, OSError):
        return None
