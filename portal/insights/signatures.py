"""What an error is called, without what differs from student to student."""

import re

LONGEST = 160
TAIL = 2000
# The last line of a traceback: a class by its dotted name, and mostly what it says.
RAISED = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Z]\w*)(?:: (.*))?$")
NAMES = re.compile(r"(Error|Exception|Available|Warning|Exit|Interrupt|Timeout|Refused)$")
VARYING = (
    (re.compile(r"https?://\S+"), "URL"),
    (re.compile(r"(?<![\w/])(?:~|\.{1,2})?/[\w.@%+-]+(?:/[\w.@%+-]*)*"), "PATH"),
    (re.compile(r"\b0x[0-9a-fA-F]+\b"), "ID"),
    (re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b"), "ID"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{7,}\b"), "ID"),
    (re.compile(r"'[^'\n]{0,200}'|\"[^\"\n]{0,200}\"|“[^”\n]{0,200}”"), "…"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "N"),
)


def signature(error: str, said: str = "") -> str:
    """One name for an error and what was printed before it; empty for no error.

    An exception goes by its class; anything else by its words, with numbers, ids, paths and what
    stands in quotes left out.
    """
    if not error and not said:
        return ""
    return raised_in(said) or raised_in(error) or normal(error) or normal(last_line(said))


def raised_in(text: str) -> str:
    """The exception whose traceback a text ends with."""
    for line in reversed(text[-TAIL:].splitlines()):
        found = RAISED.match(line.strip())
        if found and NAMES.search(found[1]):
            return found[1]
    return ""


def last_line(text: str) -> str:
    """The last words of a text."""
    return next((line for line in reversed(text[-TAIL:].splitlines()) if line.strip()), "")


def normal(text: str) -> str:
    """A text without what varies."""
    line = " ".join(text.split())
    for pattern, word in VARYING:
        line = pattern.sub(word, line)
    return line[:LONGEST]
