"""Mistakes in a lab's text: where each is, and what pydantic found in an author's words."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from portal.engine.lab import behind
from portal.engine.lab.confs import ALLOWED
from portal.engine.lab.marked import Node
from portal.engine.lab.vocabulary import keys_at
from portal.images.problems import choice, meant

MAX_PROBLEMS = 100
"""That are told of one text; whoever mends these sees the next."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: where it is (both count from 1), under which key, and what it is."""

    line: int
    column: int
    key: str
    message: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.key + ': ' if self.key else ''}{self.message}"


class LabInvalid(Exception):
    """The text defines no lab; `problems` says why, in the order of the text."""

    def __init__(self, problems: Collection[Problem]):
        self.problems = tuple(sorted(problems, key=lambda each: (each.line, each.column)))
        super().__init__("\n".join(map(str, self.problems)))


def problems_of(error: ValidationError, root: Node) -> list[Problem]:
    """Pydantic's errors, each at the node that it is about."""
    errors = error.errors(include_url=False, include_input=False)[:MAX_PROBLEMS]
    places = [each["loc"] for each in errors]
    # A list whose items are all wrong is "too short" for pydantic as well: only an echo.
    return [
        told(each, root)
        for each in errors
        if each["type"] != "too_short" or not any(is_below(place, each["loc"]) for place in places)
    ]


def is_below(place: tuple[str | int, ...], other: tuple[str | int, ...]) -> bool:
    """Whether a place is inside another."""
    return len(place) > len(other) and place[: len(other)] == other


def told(error: Any, root: Node) -> Problem:
    """One of pydantic's errors in words."""
    place: tuple[str | int, ...] = error["loc"]
    context = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            allowed = keys_at(place[:-1])
            words = f"there is no such key here; {choice(allowed)}"
            return problem(root, place, words, meant(str(place[-1]), allowed), at_key=True)
        case "unknown_setting":
            words = f"a lab can't set this; {choice(ALLOWED)}"
            return problem(root, place, words, meant(str(place[-1]), ALLOWED), at_key=True)
        case "missing":
            return problem(root, place, behind.MISSING)
        case "union_tag_not_found":
            return problem(root, (*place, "kind"), "is missing: it says what the step does")
        case "union_tag_invalid":
            allowed = context["expected_tags"].replace("'", "").split(", ")
            words = f"{context['tag']!r} is no kind of step; {choice(allowed)}"
            return problem(root, (*place, "kind"), words, meant(context["tag"], allowed))
        case "literal_error":
            return problem(root, place, f"must be {context['expected']}")
        case "string_type":
            return problem(root, place, "must be text: put it in quotes if it looks like a number")
        case "tuple_type":
            return problem(root, place, "must be a list, as [one, two]")
        case "bool_type" | "bool_parsing":
            return problem(root, place, "must be true or false")
        case "int_type" | "int_parsing" | "int_from_float":
            return problem(root, place, "must be a whole number, as 5")
        case "float_type" | "float_parsing":
            return problem(root, place, "must be a number")
        case "less_than_equal" if place[-1] == "mode":
            return problem(root, place, "must be as in chmod, with a 0 in front: 0644 or 0755")
        case "less_than_equal":
            return problem(root, place, f"must be {context['le']:g} at most")
        case "greater_than_equal":
            return problem(root, place, f"must be {context['ge']:g} at least")
        case "greater_than":
            return problem(root, place, f"must be more than {context['gt']:g}")
        case "string_too_long":
            return problem(root, place, f"must have {context['max_length']} characters at most")
        case "too_short" | "string_too_short":
            return problem(root, place, "must not be empty")
        case "model_type" | "dict_type" | "model_attributes_type":
            return problem(root, place, "must be a mapping of 'key: value' lines")
        case "string_pattern_mismatch" if context["pattern"].startswith("^[a-z]"):
            words = "must start with a small letter and go on in small letters, digits, - or _"
            return problem(root, place, f"{words}, 40 characters at most")
        case _:
            words = error["msg"].removeprefix("Value error, ")
            return problem(root, place, words.replace("Input should ", "must ", 1))


def problem(
    root: Node, place: tuple[str | int, ...], words: str, hint: str = "", *, at_key: bool = False
) -> Problem:
    """A problem at a place: of the node there, else of the nearest one around it."""
    node, mark, path = root, root.mark, ""
    for index, part in enumerate(place):
        if path.endswith("run") and is_kind(node, part):
            continue  # Pydantic names the kind of a run in the place; the text has no such level.
        path = f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}".lstrip(".")
        if part in node.children:
            is_last = index == len(place) - 1
            key_mark = node.keys.get(part) if isinstance(part, str) else None
            node = node.children[part]
            mark = key_mark if key_mark and is_last and at_key else node.mark
    return Problem(mark.line, mark.column, path, f"{words}{hint}")


def is_kind(node: Node, part: str | int) -> bool:
    """Whether a part of a place only repeats the kind that the node has."""
    kind = node.children.get("kind")
    return kind is not None and kind.value == part
