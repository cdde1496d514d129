"""What a student saved of the lab's files, and when: each server ran what was newest then."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from portal.activities.models import Session
from portal.activities.services.code import LINES


@dataclass(frozen=True, slots=True)
class Saved:
    """A text of a file under `/w205`."""

    at: datetime
    path: str
    text: str


def saved_in(session: Session) -> list[Saved]:
    """Every text that is still known, oldest first."""
    versions = [
        Saved(each.saved_at, each.path, each.content)
        for each in session.file_versions.exclude(path__startswith=LINES).order_by("pk")
    ]
    known = {(each.path, each.text) for each in versions}
    # A file may be of a time before there were versions.
    present = [
        Saved(each.changed_at, each.path, each.content)
        for each in session.files.all()
        if (each.path, each.content) not in known
    ]
    return sorted([*versions, *present], key=lambda each: each.at)


def newest(saved: Iterable[Saved]) -> list[Saved]:
    """The last text of each file."""
    return list({each.path: each for each in saved}.values())
