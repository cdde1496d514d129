"""Which answers to a question another step can be shown by."""

from portal.engine.lab.branch import When

COMPARED = ("choice", "number")
"""What is asked for by one word or number, which an author can write down."""


def mistake_in(when: When, asks: str, choices: tuple[str, ...]) -> tuple[str, str] | None:
    """The key that does not fit the question, and why; None where all does."""
    if when.was is not None:
        return ("was", "nobody judges a text") if asks == "text" else None
    if asks not in COMPARED:
        return "answer", "only a choice or a number is compared: say whether it `was` right"
    for each in when.answers:
        if each not in choices if asks == "choice" else not isinstance(each, int):
            return "answer", f"{each!r} is no answer to that question"
    return None
