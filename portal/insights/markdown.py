"""A transcript as Markdown to hand in. Whatever a command printed stays inside its fence."""

import re
from collections.abc import Iterator

from portal.activities.models import Session
from portal.activities.status import StepStatus
from portal.engine.markdown import fenced
from portal.insights.shown import show
from portal.insights.transcript import Entry

SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&])")
SAID = {
    StepStatus.FAILED: "It failed.",
    StepStatus.CANCELLED: "It was cancelled.",
    StepStatus.RUNNING: "It was still running when this was written.",
}


def document(session: Session, made: list[Entry], who: str, missing: int = 0) -> Iterator[str]:
    """The whole transcript, in pieces."""
    yield f"# {escape(session.spec.title)}\n\n"
    began = session.created_at.strftime("%Y-%m-%d %H:%M %Z")
    yield f"{escape(who)} · session {session.pk} · began {began}\n"
    if missing:
        yield f"\nThe first {missing:,} runs are too old to be told here.\n"
    for entry in made:
        yield from section(entry)


def section(entry: Entry) -> Iterator[str]:
    """One thing that was done."""
    yield f"\n## {escape(entry.step.title)}\n\n{entry.at:%H:%M:%S}"
    yield f" · {SAID[entry.status]}\n" if entry.status in SAID else "\n"
    if entry.note:
        # A quotation of its own: a fence that the note leaves open ends with it.
        quoted = "\n".join(f"> {line}".rstrip() for line in entry.note.splitlines())
        yield f"\n{quoted}\n"
    if not entry.says_commands:
        yield f"\n{fenced(chr(10).join(entry.commands), 'console')}"
    if entry.typed and not entry.says_typed:
        yield f"\nTyped there:\n\n{fenced(show(entry.typed).text, entry.language)}"
    if entry.output.strip():
        shown = show(entry.output)
        yield f"\nIt printed:\n\n{fenced(shown.text, 'text')}"
        if shown.not_utf8:
            yield f"\n{shown.not_utf8:,} places of it are not UTF-8; each reads \ufffd.\n"
    if entry.error:
        yield f"\nWhy it failed:\n\n{fenced(show(entry.error).text, 'text')}"


def escape(text: str) -> str:
    """Text as one line that is only text."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))
