"""Texts made after a pattern, that almost match it: those on which one that can run away does."""

import re
from collections.abc import Iterator
from re import _constants as words  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

OFTEN = 30
"""Two ways for each are a thousand million, some minutes."""
CANDIDATES = "a0 A.-/:\"'\n\t_[é"
NOWHERE = "\0"


def texts(pattern: "re.Pattern[str]") -> Iterator[str]:
    """What matches a pattern up to one of its repetitions, which comes often and goes wrong."""
    for choice in range(3):
        said = Saying(choice)
        said.all_of(_parser.parse(pattern.pattern, pattern.flags))
        for end in said.ends:
            yield "".join(said.pieces[:end]) + NOWHERE


class Saying:
    """Goes through a parsed pattern and says what it would match."""

    def __init__(self, choice: int):
        self.choice = choice
        """Which of several alternatives, by turns."""
        self.pieces: list[str] = []
        self.ends: list[int] = []
        """So many pieces make up the text to the end of a repetition."""
        self.is_inside = False

    def all_of(self, parsed: Any) -> None:
        """One after the other."""
        for kind, what in parsed:
            self.say(kind, what)

    def say(self, kind: Any, what: Any) -> None:
        """A part of a pattern; places and looks around say nothing."""
        if kind is words.LITERAL:
            self.pieces.append(chr(what))
        elif kind in (words.IN, words.NOT_LITERAL, words.ANY):
            self.pieces.append(one_of(kind, what))
        elif kind is words.SUBPATTERN:
            self.all_of(what[-1])
        elif kind is words.BRANCH:
            self.all_of(what[1][self.choice % len(what[1])])
        elif kind in (words.MAX_REPEAT, words.MIN_REPEAT, words.POSSESSIVE_REPEAT):
            self.repeat(*what)

    def repeat(self, least: int, most: int, what: Any) -> None:
        """A repetition, often unless it is inside of another."""
        is_outermost = not self.is_inside
        self.is_inside = True
        for _ in range(min(int(most), max(int(least), OFTEN if is_outermost else 1))):
            self.all_of(what)
        if is_outermost:
            self.is_inside = False
            self.ends.append(len(self.pieces))


def one_of(kind: Any, what: Any) -> str:
    """A character that such a part takes."""
    if kind is words.ANY:
        return "a"
    if kind is words.NOT_LITERAL:
        return next(each for each in CANDIDATES if ord(each) != what)
    own = "".join(chr(each) for k, each in what if k is words.LITERAL)
    own += "".join(chr(each[0]) for k, each in what if k is words.RANGE)
    return next((each for each in CANDIDATES + own if takes(what, each)), "a")


def takes(parts: Any, character: str) -> bool:
    """Whether a set of characters has this one."""
    code, is_in = ord(character), False
    for kind, what in parts:
        if kind is words.LITERAL:
            is_in |= code == what
        elif kind is words.RANGE:
            is_in |= what[0] <= code <= what[1]
        elif kind is words.CATEGORY:
            is_in |= of_category(what, character)
    return is_in is not any(kind is words.NEGATE for kind, _ in parts)


def of_category(category: Any, character: str) -> bool:
    """Whether a character is a digit, a space or a part of a word, or is not."""
    name = str(category).removeprefix("CATEGORY_")
    found = {
        "DIGIT": character.isdigit(),
        "SPACE": character.isspace(),
        "WORD": character.isalnum() or character == "_",
    }[name.removeprefix("NOT_")]
    return found is not name.startswith("NOT_")
