"""What pages ask about exchanges, one function a question."""

from dataclasses import dataclass

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.engine.http import MARKS, render_bytes
from portal.wire.models import Exchange


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an exchange: its text, and the marks of how it ends (␍␊)."""

    text: str
    marks: str


def exchanges_of(session: Session) -> QuerySet[Exchange]:
    """A session's exchanges, newest first."""
    return Exchange.objects.filter(session=session).select_related("step_run")


def lines_of(data: bytes | memoryview) -> list[Line]:
    """Bytes as lines in which every byte shows, safe to put into a page."""
    shown = render_bytes(bytes(data))
    texts = [line.rstrip(MARKS) for line in shown]
    return [Line(text, line[len(text) :]) for text, line in zip(texts, shown, strict=True)]
