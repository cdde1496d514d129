"""Which calls a page offers: the lab's buttons, and the routes of the server that runs."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from portal.engine.kinds.call.asked import METHODS
from portal.engine.lab.command import Command
from portal.engine.routes import Route

MOST_ROUTES = 40
STATIC = "/static/<path:filename>"
"""Flask's own, which each of its apps has."""
ARGUMENT = re.compile(r"(<[^<>]*>)")


@dataclass(frozen=True, slots=True)
class OfferedButton:
    """One of the lab's buttons, by its place."""

    command: str
    is_missing: bool
    """No route of the server that runs is called by it."""


@dataclass(frozen=True, slots=True)
class OfferedRoute:
    """One method of a route."""

    method: str
    rule: str
    parts: tuple[str, ...]
    """The rule, cut where its arguments are: every second part is one."""

    @property
    def is_whole(self) -> bool:
        """It can be called as it is."""
        return len(self.parts) == 1


def buttons(commands: Iterable[str], known: Sequence[Route] | None) -> list[OfferedButton]:
    """The lab's own, each with whether the server has it; of an unknown server nothing is said."""
    return [
        OfferedButton(each, bool(known) and not reaches(known or (), each)) for each in commands
    ]


def reaches(known: Sequence[Route], line: str) -> bool:
    """Whether the server has a route for the address that a command line calls."""
    try:
        path = urlsplit(Command.parse(line).argv[-1]).path or "/"
    except ValueError:
        return True
    return any(each.reaches(path) for each in known)


def routes(known: Sequence[Route]) -> list[OfferedRoute]:
    """The student's own, each with each of its methods."""
    found = [
        OfferedRoute(method, each.rule, tuple(ARGUMENT.split(each.rule)))
        for each in known
        if each.rule != STATIC
        for method in each.methods
        if method in METHODS
    ]
    return found[:MOST_ROUTES]


def called_by(commands: Iterable[str]) -> tuple[str, str]:
    """From which service the lab's calls are made, and of which server: that of the first curl."""
    lines = [Command.parse(each) for each in commands]
    line = next((each for each in lines if each.argv[0] == "curl"), lines[0])
    url = urlsplit(line.argv[-1])
    return line.service, f"{url.scheme}://{url.netloc}"
