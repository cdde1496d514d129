"""Markdown to HTML that is safe to show, whoever wrote it."""

from collections.abc import Mapping
from typing import Protocol
from urllib.parse import unquote

import nh3
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

from portal.engine.lab.pictures import LONGEST_TEXT, Picture

TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre"),
    *("a", "code", "em", "strong", "ol", "ul", "li"),
    *("table", "thead", "tbody", "tr", "th", "td"),
    "img",
}
ATTRIBUTES = {
    "a": {"href", "title"},
    "code": {"class"},
    "ol": {"start"},
    "img": {"src", "alt", "width", "height", "loading"},
}

PARSER = MarkdownIt("commonmark", {"html": False}).enable("table")
LONGEST_PAGE = 256 * 1024
"""Characters of all texts that people wrote on one page."""


class HasPictures(Protocol):
    """A lab's version, as far as its texts ask for it."""

    @property
    def pictures(self) -> Mapping[str, Picture]:
        """The pictures beside its definition, by path."""


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


def render(text: str, pictures: Mapping[str, Picture] | None = None) -> SafeString:
    """Render Markdown. HTML in it is shown as text; scripts don't get through.

    Of pictures those of the lab do, by their paths; of any other only its words are left. What is
    longer than any lab's page is shown as it was written: the parser takes time by the square of
    some texts' lengths.
    """
    if len(text) > LONGEST_TEXT:
        return as_written(text)
    tokens = PARSER.parse(text)
    for block in tokens:
        block.children = [placed(each, pictures or {}) for each in block.children or ()]
    html = nh3.clean(
        PARSER.renderer.render(tokens, PARSER.options, {}),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )
    return mark_safe(html)  # noqa: S308 - nh3 has just cleaned it


def placed(token: Token, pictures: Mapping[str, Picture]) -> Token:
    """A picture at its address here; one that is not the lab's as its words."""
    if token.type != "image":
        return token
    picture = pictures.get(unquote(str(token.attrs.get("src", ""))))
    if picture is None:
        return Token("text", "", 0, content=token.content)
    token.attrs = {
        "src": address(picture),
        "alt": "",  # The renderer fills the words in.
        "width": picture.width,
        "height": picture.height,
        "loading": "lazy",
    }
    return token


def address(picture: Picture) -> str:
    """Where a picture is served; another picture has another address."""
    return reverse("catalog:picture", args=[picture.digest, picture.kind])
