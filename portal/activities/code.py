"""A student's versions of the lab's files: what was saved, to be looked at and taken back."""

from portal.activities import keeping
from portal.activities.models import Session, SessionFileVersion
from portal.activities.services import sessions

KEPT = 50
"""Versions of one file; older ones make room for new ones."""


def save(session: Session, path: str, content: str) -> None:
    """Keep a text, and as a version too unless it is the newest. Raises NotNow."""
    file = sessions.save_file(session, path, content)
    note_version(session, path, file.content)


def reset(session: Session, path: str) -> None:
    """Go back to the lab's own text of a file; from then on that is its newest version."""
    sessions.reset_file(session, path)
    original = session.version.file_contents().get(path)
    if original is not None and session.file_versions.filter(path=path).exists():
        note_version(session, path, original.decode())


def note_version(session: Session, path: str, content: str) -> None:
    """From now on the cluster has this text."""
    versions = SessionFileVersion.objects.filter(session=session, path=path)
    newest = versions.first()
    if newest is None or newest.content != content:
        versions.create(session=session, path=path, content=content)
        keeping.trim(versions, KEPT)


def versions_of(session: Session) -> dict[str, list[SessionFileVersion]]:
    """What was saved of each file, newest first and without the texts."""
    found: dict[str, list[SessionFileVersion]] = {}
    for version in session.file_versions.defer("content"):
        found.setdefault(version.path, []).append(version)
    return found
