"""A student's versions of the lab's texts: what was saved, to be looked at and taken back.

A spark step's lines are a text beside the files, under a path that no file has. What a student
saved or ran of them last is what the step runs.
"""

from django.db.models import Max

from portal.activities import keeping
from portal.activities.models import Session, SessionFileVersion
from portal.activities.services import sessions
from portal.engine import pasted
from portal.engine.lab.step import StepSpec

KEPT = 50
"""Versions of one file; older ones make room for new ones."""
LINES = "pyspark:"
"""What the path of a step's lines begins with. No file's path has a colon."""


def lines_path(step: StepSpec) -> str:
    """Where the versions of a step's lines are."""
    return f"{LINES}{step.id}"


def steps_with_lines(session: Session) -> dict[str, StepSpec]:
    """The steps that have lines to edit, by the lines' path."""
    steps = session.spec.steps
    return {lines_path(step): step for step in steps if step.run.has_lines}


def own_lines(session: Session) -> dict[str, str]:
    """What the student has put in the place of the lab's lines, by path."""
    saved = session.file_versions.filter(path__startswith=LINES).order_by()
    newest = saved.values("path").annotate(newest=Max("pk")).values("newest")
    lab = steps_with_lines(session)
    return {
        each.path: each.content
        for each in saved.filter(pk__in=newest)
        if each.path in lab and is_own(lab[each.path], each.content)
    }


def is_own(step: StepSpec, content: str) -> bool:
    """Whether lines are others than the lab's."""
    return content.strip() != step.shows_command.strip()


def note_lines(session: Session, step: StepSpec, content: str) -> None:
    """Keep lines that were run or saved, unless they are the lab's own and always were."""
    path = lines_path(step)
    if is_own(step, content) or session.file_versions.filter(path=path).exists():
        note_version(session, path, content)


def as_kept(path: str, content: str) -> pasted.Pasted:
    """A script as it was pasted, without the marks of that if it is Python then."""
    plain = content.replace("\r\n", "\n")
    found = pasted.mended(plain) if path.endswith(".py") else pasted.Pasted(plain)
    return found if pasted.is_python(found.text) else pasted.Pasted(plain)


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
