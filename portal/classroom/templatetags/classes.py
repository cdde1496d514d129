"""`{% load classes %}`: what a session's page shows of hands and hints."""

from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.activities.models import Session
from portal.classroom.models import Class, Hint, RaisedHand
from portal.classroom.overview import Cell

register = template.Library()


@register.simple_tag
def new_hints(session: Session) -> list[Hint]:
    """What was said and not yet put away."""
    return list(Hint.objects.filter(session=session, seen_at=None).select_related("author"))


@register.simple_tag
def raised_hand(session: Session) -> RaisedHand | None:
    """The hand that is up, if one is."""
    return RaisedHand.objects.filter(session=session).first()


@register.simple_tag
def has_instructor(session: Session) -> bool:
    """Whether somebody would see a raised hand."""
    return Class.objects.filter(memberships__user=session.owner_id).exists()


@register.simple_tag
def hints_said(session: Session) -> int:
    """How much was said: the field for the next hint is another one than the last's."""
    return Hint.objects.filter(session=session).count()


@register.simple_tag
def step_title(session: Session, step_id: str) -> str:
    """A step's title, or its name if the lab has it no more."""
    return next((step.title for step in session.spec.steps if step.id == step_id), step_id)


@register.filter
def short_time(seconds: Any) -> str:
    """Seconds as a cell has room for: `0.4`, `12`, `3:05`."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f}"
    return f"{seconds:.0f}" if seconds < 60 else f"{int(seconds) // 60}:{int(seconds) % 60:02}"


@register.filter
def as_cells(cells: list[Cell]) -> SafeString:
    """A student's cells. Made here because a class of 300 has thousands, and templates are slow."""
    return format_html_join(
        "",
        '<td class="cell" data-state="{}"{}><span class="visually-hidden">{}</span>{}</td>',
        (
            (
                cell.state,
                format_html(' title="{}"', cell.error[:200]) if cell.error else "",
                "not started" if cell.state == "idle" else cell.state,
                short_time(cell.seconds),
            )
            for cell in cells
        ),
    )
