"""`{% load sluice_markdown %}{{ text|markdown }}`"""

from django import template
from django.utils.safestring import SafeString

from portal.catalog.markdown import render

register = template.Library()


@register.filter
def markdown(text: str | None) -> SafeString:
    """Render Markdown safely; nothing gives nothing."""
    return render(text or "")
