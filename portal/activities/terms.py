"""On which terms sessions are launched, and when they end beside their lab's own clocks.

Apps above have a word in both: a class opens a lab at a time, or ends all clusters at an hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from portal.activities.models import Session
from portal.catalog.models import LabVersion


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for a launch."""

    runtime: str = ""
    """What is to run it; empty for the portal's own choice."""
    stretch: float = 1.0
    """So many times as long as the lab says it may last."""


Ask = Callable[[int, LabVersion], Terms]
End = Callable[[Session], tuple[datetime, str] | None]
_asked: list[Ask] = []
_ends: list[End] = []


def ask(of: Ask) -> None:
    """Have somebody's launches depend on this too: it raises NotNow where there is to be none."""
    if of not in _asked:
        _asked.append(of)


def end_by(end: End) -> None:
    """Have sessions end then too: it gives a time and a reason, or nothing."""
    if end not in _ends:
        _ends.append(end)


def of(owner_id: int, version: LabVersion) -> Terms:
    """What holds for a launch. Raises NotNow."""
    found = [each(owner_id, version) for each in _asked]
    return Terms(
        runtime=next((each.runtime for each in found if each.runtime), ""),
        stretch=max((each.stretch for each in found), default=1.0),
    )


def ends(session: Session) -> list[tuple[datetime, str]]:
    """When others want it ended, and why."""
    return [told for end in _ends if (told := end(session)) is not None]
