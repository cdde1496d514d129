"""What is wanted before anybody asks: ready clusters, and places that are kept.

Apps above say so, as a class does that begins at a time; runners fill pools by it, and the line
goes by it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.conf import settings

from portal.activities.models import Host, Session
from portal.catalog.models import LabVersion


@dataclass(frozen=True, slots=True)
class Ahead:
    """What some people are to find."""

    key: str
    """Of whoever wants it."""
    whose: str
    """The same, as people read it."""
    version: LabVersion
    runtime: str
    clusters: int
    """So many are to be ready, for those who have none yet."""
    warm: int
    """So many of them with pyspark started."""
    places: int
    """So many are kept for those who have none yet; 0 while none are."""
    begins_at: datetime
    places_until: datetime
    people: frozenset[int]
    """Whom it is for."""

    def is_for(self, session: Session) -> bool:
        """Whether the session is one that it was made for."""
        is_theirs = session.owner_id in self.people and not session.is_rehearsal
        return is_theirs and session.lab_id == self.version.lab_id


Ask = Callable[[], Iterable[Ahead]]
_asked: list[Ask] = []


def ask(wanted: Ask) -> None:
    """Have runners prepare this too."""
    if wanted not in _asked:
        _asked.append(wanted)


def wanted() -> list[Ahead]:
    """What is wanted now, of all hosts together; what begins first comes first."""
    found = (each for asked in _asked for each in asked())
    return sorted(found, key=lambda each: (each.begins_at, each.key))


def on_host(host: str) -> list[Ahead]:
    """A host's share of it: those that can run it take as many each."""
    return [part for each in wanted() if (part := share_of(each, host)) is not None]


def share_of(each: Ahead, host: str) -> Ahead | None:
    """What a host has to do of it; None where that is another's to do."""
    able = [
        one.name for one in Host.objects.all() if one.takes_sessions and one.can_run(each.runtime)
    ]
    able = able or [settings.HOST_NAME]  # Launches go there too as long as none reports.
    if host not in able:
        return None
    index, count = able.index(host), len(able)
    wholes = (each.clusters, each.warm, each.places)
    clusters, warm, places = (n // count + (index < n % count) for n in wholes)
    return replace(each, clusters=clusters, warm=warm, places=places)


def kept_for(session: Session) -> list[Ahead]:
    """The places on its host that are kept for it and for others like it."""
    return [each for each in on_host(session.host) if each.places and each.is_for(session)]


def kept_from(session: Session) -> list[Ahead]:
    """The places on its host that are kept for others."""
    return [each for each in on_host(session.host) if each.places and not each.is_for(session)]
