"""`{% load sluice_markdown %}{{ text|markdown }}`"""

from django import template
from django.utils.safestring import SafeString, mark_safe

from portal.catalog.glossary import explain
from portal.catalog.markdown import HasPictures, render

register = template.Library()


@register.filter
def markdown(text: str | None, version: HasPictures | None = None) -> SafeString:
    """Render Markdown safely, with the pictures of a lab's version; nothing gives nothing."""
    return render(text or "", version.pictures if version else None)


@register.filter
def explained(html: SafeString) -> SafeString:
    """Rendered Markdown with the field's words explained where each is used first."""
    return mark_safe(explain(html))  # noqa: S308 - nothing but what was safe is in it
