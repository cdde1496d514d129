"""Cells of extracted tables. Whatever a student's event held is text here, never markup."""

import json
from datetime import UTC, datetime
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()
NULL = format_html('<span class="{}">{}</span>', "null", "null")
ABSENT = format_html('<span class="{}" title="{}">{}</span>', "null", "no such key", "\u2013")


@register.filter
def cell(value: Any) -> SafeString | str:
    """A value as a table shows it; null is told from the text "null"."""
    if value is None:
        return NULL
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


@register.simple_tag
def key_of(values: dict[str, Any], name: str) -> SafeString | str:
    """The value of a record's key; a key that it hasn't is told from one that is null."""
    return cell(values[name]) if name in values else ABSENT


@register.filter
def moment(milliseconds: int) -> datetime | None:
    """A record's timestamp; None when it has none, or one that no calendar knows."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds >= 0 else None
    except (ValueError, OverflowError, OSError):
        return None


@register.filter
def moment_of(text: str) -> datetime | None:
    """The same for a timestamp that is the label of a bar."""
    return moment(int(text))


@register.filter(expects_localtime=True)
def clock(at: datetime | None, is_fine: bool) -> str:
    """The time of day; `is_fine`: to the millisecond."""
    if at is None:
        return ""
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}" if is_fine else f"{at:%H:%M:%S}"
