"""What else is wrong with a lab that has mistakes: it is read again with those cut out.

Pydantic looks at names that must agree only once every value has its form, and we look at images,
panels and files only after that. An author wants to hear of all at once.
"""

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from portal.engine.lab.fields import Place
from portal.engine.lab.spec import LabSpec

ROUNDS = 6
"""Each cuts more away; a lab that can't be read after these is wrong all over."""
NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
ITEM = re.compile(r"(steps|services|files)\[\d+\]")
MAKES_PROCESS = re.compile(r"services(\[\d+\](\.(name|command))?)?$|steps\[\d+\]\.run\b")
MISSING = "is missing"
STANDS_IN: dict[str, Any] = {"name": "x", "title": "x", "summary": "x"}
"""For keys of the lab that can't be left out."""


class Told(Protocol):
    """A mistake in words, under the key that it is about."""

    @property
    def key(self) -> str:
        """As `steps[0].run.port`."""

    @property
    def message(self) -> str:
        """What it is."""


Problem = TypeVar("Problem", bound=Told)


def all_of(
    plain: Any,
    tell: Callable[[ValidationError], list[Problem]],
    look: Callable[[LabSpec], Iterator[Problem]],
) -> list[Problem]:
    """Every problem that can be told: `tell` words those of the spec, `look` finds the others."""
    found: list[Problem] = []
    cut: set[str] = set()
    whole: set[str] = set()
    for _ in range(ROUNDS if isinstance(plain, dict) else 1):
        try:
            spec = LabSpec.model_validate(plain)
        except ValidationError as error:
            before = list(found)
            new = [each for each in tell(error) if not is_echo(each, before, whole)]
            # What we took out is missing by our doing: what an author left out is told at once.
            found += [each for each in new if not before or each.message != MISSING]
            plain = without(plain, error, cut, whole)
        else:
            return found + [each for each in look(spec) if not is_echo(each, found, whole)]
    return found


def is_echo(problem: Told, before: list[Any], whole: set[str]) -> bool:
    """Whether it may only come of what was cut out for an earlier one."""
    item = ITEM.match(problem.key)
    if item and item[0] in whole:
        return True
    keys = [each.key for each in before]
    if problem.key in keys:
        return True
    parent = problem.key.rpartition(".")[0]
    if parent and parent in {each.rpartition(".")[0] for each in keys} and "run" in parent:
        return True
    ids = any(re.fullmatch(r"steps(\[\d+\](\.id)?)?", each) for each in keys)
    names = any(re.fullmatch(r"services(\[\d+\](\.name)?)?", each) for each in keys)
    said = problem.message
    if " process" in said and (whole or any(MAKES_PROCESS.match(each) for each in keys)):
        return True
    return (ids and " step is called " in said) or (names and said.startswith("no service is "))


def without(plain: Any, error: ValidationError, cut: set[str], whole: set[str]) -> Any:
    """The lab less what is wrong; what has been cut before, or lacks a key, goes whole."""
    lab = copy.deepcopy(plain) if isinstance(plain, dict) else {}
    earlier = frozenset(cut)
    for each in error.errors(include_url=False, include_input=False):
        place = each["loc"]
        key = place[0] if place else ""
        if len(place) > 1 and key in ("steps", "services", "files"):
            item = f"{key}[{place[1]}]"
            is_whole = len(place) == 2 or item in earlier or each["type"] == "missing"
            cut.add(item)
            if item not in whole and (is_whole or not drop(lab, place)):
                whole.add(item)
                lab[key][place[1]] = stub(str(key), lab[key][place[1]], int(place[1]))
        elif key in ("steps", "services"):
            lab[key] = [stub(str(key), None, 0)]
            whole.add(f"{key}[0]")
        elif key == "tools":
            lab["tools"] = first_service(lab)
        elif key in STANDS_IN:
            lab[key] = STANDS_IN[str(key)]
        else:
            lab.pop(key, None)
    unbranch(lab, whole)
    return lab


def unbranch(lab: dict[str, Any], whole: set[str]) -> None:
    """Have no step wait for the answer to a question that was cut out."""
    steps = [each for each in lab.get("steps", ()) if isinstance(each, dict)]
    gone = {each.get("id") for at, each in enumerate(steps) if f"steps[{at}]" in whole}
    for each in steps:
        when = each.get("when")
        if isinstance(when, dict) and when.get("question") in gone:
            del each["when"]
            each["optional"] = True


def stub(group: str, given: Any, index: int) -> dict[str, Any]:
    """What can't be wrong, under the name that was given."""
    given = given if isinstance(given, dict) else {}
    if group == "files":
        return {"path": f"stub-{index}", "content": ""}
    name = given.get("id" if group == "steps" else "name")
    name = name if isinstance(name, str) and NAME.fullmatch(name) else f"stub-{index}"
    if group == "services":
        return {"name": name, "image": "stub"}
    is_optional = given.get("optional") is True or given.get("when") is not None
    optional = {"optional": True} if is_optional else {}
    run = {"kind": "prepare"}
    return {"id": name, "title": "-", "shows_command": "-", "run": run, **optional}


def drop(lab: dict[str, Any], place: Place) -> bool:
    """Take a key out, or the list whose item is wrong: items keep their numbers that way.

    False where there is no such key to take out.
    """
    holder: dict[Any, Any] = {}
    last: str | int = ""
    node: Any = lab
    for part in place:
        if isinstance(node, dict) and part in node:
            holder, last, node = node, part, node[part]
        elif isinstance(node, list) and isinstance(part, int):
            node = node[part]
        elif part == place[-1] or not (isinstance(node, dict) and node.get("kind") == part):
            return False  # Else pydantic names the kind of a run, and the text has no such level.
    if place[0] == "steps" and last in ("shows_command", "command"):
        holder[last] = f"docker-compose exec {first_service(lab)} true"
    else:
        holder.pop(last, None)
    return True


def first_service(lab: dict[str, Any]) -> str:
    """The name of one."""
    services = lab.get("services")
    first = services[0] if isinstance(services, list) and services else None
    name = first.get("name") if isinstance(first, dict) else None
    return name if isinstance(name, str) else "stub-0"
