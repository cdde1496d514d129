"""The field's words, explained where a step's text first uses one."""

import re
from html import escape
from html.parser import HTMLParser

TERMS = {
    "broker": "A Kafka server: it keeps the records of producers, and gives them to consumers.",
    "consumer": "A program that reads records from a topic. Reading takes nothing out.",
    "consumer group": "Consumers that share the work: each partition is read by one of them.",
    "data frame": "Spark's table: rows with the same columns, computed once they are needed.",
    "header": "A line about an HTTP request or reply: a name and a value.",
    "offset": "The number of a record in its partition, counted from 0 in the order of arrival.",
    "partition": "A part of a topic: a list of records, in order, to which only the end is added.",
    "producer": "A program that sends records to a topic.",
    "record": "What Kafka keeps: a value, and perhaps a key and headers. An event becomes one.",
    "replica": "A copy of a partition on another broker, for when the first is lost.",
    "topic": "A named stream of records that Kafka keeps, as one list or as several partitions.",
}
"""Each term in the singular; texts may have it in the plural."""
SKIPPED = frozenset({"a", "button", "code", "h1", "h2", "h3", "pre"})
"""Where a word is a name, or leads elsewhere already."""
WORDS = re.compile(
    rf"\b({'|'.join(sorted(map(re.escape, TERMS), key=len, reverse=True))})(s?)\b", re.IGNORECASE
)


class Explainer(HTMLParser):
    """Writes a page's part again, with the first use of each term made a button."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self.told: list[str] = []
        self.depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag as it was written."""
        self.depth += tag in SKIPPED
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A tag that closes itself, as it was written."""
        self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        """A tag's end."""
        self.depth -= tag in SKIPPED
        self.parts.append(f"</{tag}>")

    def handle_entityref(self, name: str) -> None:
        """A character by its name."""
        self.parts.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        """A character by its number."""
        self.parts.append(f"&#{name};")

    def handle_data(self, data: str) -> None:
        """Text: terms that were not told yet become buttons."""
        self.parts.append(data if self.depth else WORDS.sub(self.explained, data))

    def explained(self, found: re.Match[str]) -> str:
        """A term as a button that opens its explanation, or the word alone."""
        term = found[1].lower()
        if term in self.told:
            return found[0]
        self.told.append(term)
        return (
            f'<button type="button" class="term" popovertarget="{address(term)}"'
            f' title="{escape(TERMS[term])}">{found[0]}</button>'
        )


def address(term: str) -> str:
    """The id of a term's explanation."""
    return f"term-{term.replace(' ', '-')}"


def explain(html: str) -> str:
    """Safe HTML with the field's words explained: the first use of each opens what it means."""
    explainer = Explainer()
    explainer.feed(html)
    explainer.close()
    notes = (
        f'<div popover class="term-note" id="{address(term)}"><b>{term}</b>'
        f" {escape(TERMS[term])}</div>"
        for term in explainer.told
    )
    return "".join((*explainer.parts, *notes))
