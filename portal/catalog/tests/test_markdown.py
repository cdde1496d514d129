"""Markdown that anybody may have written."""

import pytest
from django.template import Context, Template

from portal.catalog.markdown import render


def test_it_renders_what_authors_write() -> None:
    html = render("**a** `b`\n\n1. c\n\n| x |\n| - |\n| y |\n\n```python\nd\n```\n")
    for tag in ("<strong>a", "<code>b", "<li>c", "<td>y", '<code class="language-python">d'):
        assert tag in html


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "![x](javascript:alert(1))",
        "[x](javascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        '<a href="x" onclick="alert(1)">x</a>',
        "<style>*{display:none}</style>",
        "![pixel](https://example.com/pixel.png)",
    ],
)
def test_nothing_that_runs_or_loads_gets_through(text: str) -> None:
    html = render(text)
    for part in ("<script", "<img", "<style", "<a href", 'href="javascript', 'href="data'):
        assert part not in html


def test_links_lead_out_without_a_trace() -> None:
    assert 'rel="noopener noreferrer"' in render("[x](https://example.com)")


def test_the_filter_renders_nothing_for_nothing() -> None:
    template = Template("{% load sluice_markdown %}[{{ a|markdown }}][{{ b|markdown }}]")
    assert template.render(Context({"a": None, "b": "*c*"})) == "[][<p><em>c</em></p>\n]"
