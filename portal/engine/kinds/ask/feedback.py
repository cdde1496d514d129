"""What a student is told of an answer that is not right, by the kind of mistake."""

from typing import Annotated

from pydantic import Field

from portal.engine.kinds.ask.answers import Answer, shown
from portal.engine.lab.fields import Frozen

NOTHING = "It is more than nothing."
OFF_BY_ONE = "Off by one: count again, from the first."
Words = Annotated[str, Field(min_length=1, max_length=500)]


class Feedback(Frozen):
    """The author's words. The first that fits is said; `other` where none does."""

    answers: dict[str, Words] = Field(
        default={}, max_length=20, description="For answers that are wrong just so"
    )
    zero: Words | None = None
    old: Words = "So many there were when you first answered."
    off_by_one: Words | None = None
    low: Words | None = None
    high: Words | None = None
    missing: Words | None = None
    extra: Words | None = None
    other: Words | None = None

    def of(self, answer: Answer, right: Answer, before: object = None) -> str:
        """The words for an answer; `before` is what would have been right when first asked."""
        if own := self.answers.get(str(answer)):
            return own
        found: str | None = None
        if isinstance(answer, int) and isinstance(right, int):
            found = self.of_number(answer, right, before)
        elif isinstance(answer, tuple) and isinstance(right, tuple):
            found = self.of_columns(set(answer), set(right))
        return found or self.other or ""

    def of_number(self, answer: int, right: int, before: object) -> str | None:
        """By how far it is off. An author's `low` or `high` goes before our own words."""
        farther = self.low if answer < right else self.high
        if answer == 0:
            return self.zero or farther or NOTHING
        if answer == before:
            return self.old
        if abs(answer - right) == 1:
            return self.off_by_one or farther or OFF_BY_ONE
        return farther

    def of_columns(self, answer: set[str], right: set[str]) -> str | None:
        """By what lacks, or else by what is too much. The names that lack are not given away."""
        if extra := answer - right:
            said = f"There is no {shown(sorted(extra))}."
            return f"{said} {self.extra or ''}".strip()
        return self.missing or f"{len(right - answer)} more would have to be named."
