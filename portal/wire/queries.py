"""What pages ask about exchanges, one function a question."""

from dataclasses import dataclass

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.engine.http import MARKS, render_bytes
from portal.wire.models import Exchange

SPELLED = str.maketrans({"␍": "\\r", "␊": "\\n"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an exchange: its text, and how it ends as Python would write it (`\\r\\n`)."""

    text: str
    marks: str


def exchanges_of(session: Session) -> QuerySet[Exchange]:
    """A session's exchanges, newest first."""
    return Exchange.objects.filter(session=session).select_related("step_run")


def lines_of(data: bytes | memoryview) -> list[Line]:
    """Bytes as lines in which every byte shows, safe to put into a page."""
    shown = render_bytes(bytes(data))
    texts = [line.rstrip(MARKS) for line in shown]
    # Many fonts lack ␍ and ␊; set apart by the page, these can't be taken for the line's own text.
    marks = [line[len(text) :].translate(SPELLED) for text, line in zip(texts, shown, strict=True)]
    return [Line(text, mark) for text, mark in zip(texts, marks, strict=True)]
