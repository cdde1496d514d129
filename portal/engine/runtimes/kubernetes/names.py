"""What the parts of a session are called and labelled. Only labels say whose something is."""

import hashlib
import re
from dataclasses import dataclass

PORTAL = "sluice.portal"
SESSION = "sluice.session"
LEASE = "sluice.lease"
LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?")
READY = "sluice.ready"
"""Noted on a pod whose launch came to its end."""
POLICY = "sluice-sessions"


@dataclass(frozen=True, slots=True)
class Names:
    """The names and labels of one launch of a session.

    The lease is that launch's own: what has the right name and another lease was left behind.
    """

    mark: str
    session: str
    lease: str = ""

    @property
    def stem(self) -> str:
        """The name of its pod and its secret: what both may have, and no two sessions share."""
        digest = hashlib.sha256(f"{self.mark}/{self.session}".encode()).hexdigest()[:16]
        shown = re.sub(r"[^a-z0-9-]", "-", self.session.lower())[:30].strip("-")
        return f"sluice-{shown}-{digest}"

    def labels(self) -> dict[str, str]:
        """The labels of its parts."""
        labels = {PORTAL: self.mark, LEASE: self.lease}
        # A name that can't be a label is in an annotation all the same.
        return labels | {SESSION: self.session} if LABEL.fullmatch(self.session) else labels

    def metadata(self) -> dict[str, object]:
        """What every part of it has."""
        return {
            "name": self.stem,
            "labels": self.labels(),
            "annotations": {SESSION: self.session},
        }
