"""Mistakes in an image.toml, told as a lab's are: file, line, column, key, words."""

import difflib
from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is (both count from 1), under which key, and what it is."""

    file: str
    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        return f"{self.file}:{self.line}:{self.column}: {key}{self.message}"


def choice(allowed: Collection[str]) -> str:
    """What an author can choose from."""
    return f"choose from {', '.join(sorted(allowed))}" if allowed else "nothing can stand here"


def meant(word: str, allowed: Collection[str]) -> str:
    """The nearest word, as a question."""
    near = difflib.get_close_matches(word, allowed, n=1)
    return f" (did you mean {near[0]!r}?)" if near else ""
