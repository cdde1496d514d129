"""Markdown to HTML that is safe to show, whoever wrote it."""

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre"),
    *("a", "code", "em", "strong", "ol", "ul", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "code": {"class"}, "ol": {"start"}}

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
LONGEST = 64 * 1024
"""Characters; the parser takes time by the square of some texts' lengths."""
LONGEST_PAGE = 256 * 1024
"""Characters of all texts that people wrote on one page."""


class Page:
    """Renders the texts of one page; once they are too many, the rest as it was written."""

    def __init__(self, most: int = LONGEST_PAGE):
        self.left = most

    def render(self, text: str) -> SafeString:
        """As `render`."""
        self.left -= len(text)
        return render(text) if self.left >= 0 else as_written(text)


def as_written(text: str) -> SafeString:
    """A text without its Markdown."""
    return format_html("<pre>{}</pre>", text)


def render(text: str) -> SafeString:
    """Render Markdown. HTML in it is shown as text; images and scripts don't get through.

    What is longer than any lab's page is shown as it was written.
    """
    if len(text) > LONGEST:
        return as_written(text)
    html = nh3.clean(
        PARSER.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308 - nh3 has just cleaned it
