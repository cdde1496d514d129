"""`{% load classes %}`: cells of a class's overview."""

from decimal import Decimal
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.classroom.figures import StepFigures
from portal.classroom.gradebook import Score
from portal.classroom.overview import Cell
from portal.durations import in_signs

register = template.Library()


@register.filter
def short_time(seconds: Any) -> str:
    """Seconds as a cell has room for; nothing for none."""
    return "" if seconds is None else in_signs(seconds)


@register.filter
def longest(figures: list[StepFigures]) -> float | None:
    """The time of the slowest of all, in seconds: where the axis of their plot ends."""
    return max((each.slowest for each in figures if each.slowest is not None), default=None)


@register.filter
def as_cells(cells: list[Cell]) -> SafeString:
    """A student's cells. Made here because a class of 300 has thousands, and templates are slow."""
    return format_html_join(
        "",
        '<td role="cell" class="cell" data-state="{}"{}>'
        '<span class="visually-hidden">{}</span>{}</td>',
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


@register.filter
def is_ahead(at: Any) -> bool:
    """Whether a moment is still to come; nothing is none."""
    return at is not None and at > timezone.now()


@register.filter
def points(value: Any) -> str:
    """Points without digits that say nothing: `10`, `2.5`; a dash for none."""
    if value is None:
        return "\u2013"
    return f"{Decimal(value).quantize(Decimal('0.01')).normalize():f}"


@register.filter
def percent(share: Any) -> str:
    """A share as percent."""
    return f"{points(Decimal(share) * 100)} %"


@register.filter
def as_score(score: Score) -> SafeString:
    """A cell of the gradebook, which leads to its attempts. Many, so made here as cells are."""
    given = score.column.assignment
    where = reverse("classroom:grade", args=[given.klass_id, given.pk, score.user_id])
    marks = [
        (name, text)
        for name, text, holds in (
            ("late", "late", score.days_late and not score.is_overridden),
            ("own", "given", score.is_overridden),
            ("time", "more time", score.extension is not None),
        )
        if holds
    ]
    return format_html(
        '<td class="score{}"><a href="{}">{} {}</a></td>',
        "" if score.points is not None else " is-none",
        where,
        points(score.points),
        format_html_join(" ", '<span class="mark" data-mark="{}">{}</span>', marks),
    )
