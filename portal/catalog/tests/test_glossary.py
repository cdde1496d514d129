"""The field's words, explained."""

from portal.catalog.glossary import TERMS, explain
from portal.catalog.markdown import render


def test_the_first_use_of_a_term_opens_what_it_means() -> None:
    told = explain(
        render("Two **Topics**; a topic has an `offset` & a [record](https://x.example).")
    )
    assert told.count('popovertarget="term-topic"') == 1
    assert ">Topics</button>" in told
    assert f"<b>topic</b> {TERMS['topic']}" in told
    assert "<code>offset</code>" in told
    assert "term-record" not in told
    assert "term-offset" not in told


def test_the_longer_term_is_the_one_that_is_meant() -> None:
    assert 'popovertarget="term-consumer-group"' in explain("<p>A consumer group.</p>")


def test_what_is_no_term_stays_as_it_was() -> None:
    for text in (
        "",
        "1 < 2 & <b>bold</b> \u00fc",
        "Topical, `<script>`",
        "![x](y.png)\n\n- a\n- b",
    ):
        html = render(text)
        assert explain(html) == html
