"""What a request can be made up with: the lab's servers, and examples."""

from collections.abc import Iterable
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.engine.lab.spec import LabSpec
from portal.wire import escapes, examples, places
from portal.wire.shown import Line

register = template.Library()


@register.simple_tag
def servers(lab: LabSpec) -> list[places.Spot]:
    """Every server that there is to speak to."""
    return places.spots(lab)


@register.simple_tag
def request_examples() -> tuple[examples.Example, ...]:
    """Requests to begin with."""
    return examples.EXAMPLES


@register.filter
def typed(data: bytes | memoryview) -> escapes.Typed:
    """Bytes as they could be typed."""
    return escapes.as_typed(bytes(data))


@register.filter
def marked(lines: Iterable[Line]) -> SafeString:
    """Lines in which the ends stand apart; whatever is in them is text."""
    return format_html_join("", "{}{}", ((line.text, end_of(line)) for line in lines))


def end_of(line: Line) -> SafeString | str:
    """The end of a line, which a browser then ends, too."""
    return format_html('<span class="mark">{}</span>\n', line.marks) if line.marks else ""


@register.filter
def milliseconds(value: Any) -> str:
    """A number of milliseconds as people read it."""
    if value is None:
        return "none"
    return f"{value:,.1f} ms" if value < 10_000 else f"{value / 1000:,.1f} s"
