"""What the parts of a session are called and labelled. Only labels say whose something is."""

import zlib
from dataclasses import dataclass
from pathlib import Path

PORTAL = "sluice.portal"
SESSION = "sluice.session"
SERVICE = "sluice.service"
LEASE = "sluice.lease"


def mark(folder: Path) -> str:
    """What tells this portal's parts from another's on the same engine."""
    return f"{zlib.crc32(bytes(folder)):08x}"


@dataclass(frozen=True, slots=True)
class Names:
    """The names and labels of one launch of a session.

    The lease is that launch's own: what has the right name and another lease was left behind.
    """

    mark: str
    session: str
    lease: str

    @property
    def stem(self) -> str:
        """The name of the session's network and of its `/w205`; services' names follow it."""
        return f"sluice-{self.mark}-{self.session}"

    def container(self, service: str) -> str:
        """The name of a service's container."""
        return f"{self.stem}-{service}"

    def labels(self, service: str = "") -> dict[str, str]:
        """The labels of a part, with its service if it is a container."""
        labels = {PORTAL: self.mark, SESSION: self.session, LEASE: self.lease}
        return labels | {SERVICE: service} if service else labels
