"""A server's routes, as it says itself which it has; and which of them a path would reach.

What Flask writes down comes from the student's process: it is read with bounds, and believed no
further than a suggestion goes.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

import msgspec

from portal.engine import lines, patterns
from portal.engine.errors import ClusterError
from portal.engine.programs import guest
from portal.engine.runtimes.base import Runtime

LINE_LIMIT = 256 * 1024
SECONDS = 10.0
UNASKED = frozenset({"HEAD", "OPTIONS"})
"""Methods that Flask adds to each route by itself."""
ARGUMENT = re.compile(r"<(?:([a-z]{1,20})(?:\([^<>]{0,100}\))?:)?([A-Za-z_][A-Za-z0-9_]{0,60})>")
SEGMENT = {"path": ".+", "int": r"\d+", "float": r"\d+\.\d+", "uuid": "[0-9A-Fa-f-]{36}"}
SAMPLES = {"int": "1", "float": "1.5", "uuid": "00000000-0000-0000-0000-000000000000"}


@dataclass(frozen=True, slots=True)
class Route:
    """One rule of a server, as `/get_axe/<kind>`, and the methods that it answers."""

    rule: str
    methods: tuple[str, ...]

    @property
    def method(self) -> str:
        """How one would call it first: GET where it answers that."""
        return "GET" if "GET" in self.methods or not self.methods else self.methods[0]

    @property
    def sample(self) -> str:
        """A path that reaches it: each argument has its own name, or a number, for a value."""
        return ARGUMENT.sub(lambda found: SAMPLES.get(found[1] or "", found[2]), self.rule)

    def reaches(self, path: str) -> bool:
        """Whether a path, without its query, is one of this rule's."""
        parts, at = [], 0
        for found in ARGUMENT.finditer(self.rule):
            parts += [
                re.escape(self.rule[at : found.start()]),
                SEGMENT.get(found[1] or "", "[^/]+"),
            ]
            at = found.end()
        parts.append(re.escape(self.rule[at:]))
        # The rule is the student's: of thirty paths in one, `re` would try each way to divide it.
        return patterns.compiled("".join(parts)).fullmatch(path) is not None

    def as_dict(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return asdict(self)


class _Rule(msgspec.Struct):
    rule: str
    methods: list[str]


class _Said(msgspec.Struct):
    known: bool
    routes: list[_Rule]


def find(runtime: Runtime, session: str, service: str, port: int) -> tuple[Route, ...] | None:
    """The routes of what listens on a port; None where it does not say. Raises ClusterError."""
    argv = guest("routes", str(port))
    execution = runtime.exec(session, service, argv, timeout=SECONDS)
    for line in lines.Lines(execution, LINE_LIMIT).raw():
        return lines.parsed(read, line)
    return None


def look(runtime: Runtime, session: str, service: str, port: int) -> tuple[Route, ...] | None:
    """The same for who can do without: whatever goes wrong, they are not known."""
    try:
        return find(runtime, session, service, port)
    except ClusterError:
        return None


def read(line: bytes) -> tuple[Route, ...] | None:
    """A message of `guest.routes`. Raises ValueError."""
    said = msgspec.json.decode(line, type=_Said)
    if not said.known:
        return None
    rules = [each for each in said.routes[:200] if is_plain(each)]
    return tuple(Route(each.rule, tuple(sorted(set(each.methods) - UNASKED))) for each in rules)


def is_plain(rule: _Rule) -> bool:
    """Whether a page can show it and a curl can ask for it."""
    texts = (rule.rule, *rule.methods)
    return (
        rule.rule.startswith("/")
        and len(rule.methods) <= 20
        and all(each.isprintable() and len(each) <= 300 for each in texts)
    )


def of(kept: Iterable[Any]) -> tuple[Route, ...]:
    """Routes as a run's row has kept them; what is no route is left out."""
    found = (each for each in kept if isinstance(each, dict))
    return tuple(
        Route(str(each.get("rule", "")), tuple(map(str, each.get("methods", ())))) for each in found
    )


def named(routes: Iterable[Route]) -> str:
    """Some routes in words."""
    words = [f"{'/'.join(each.methods) or 'GET'} {each.rule}" for each in routes]
    return ", ".join(words[:8]) + (f" and {len(words) - 8} more" if len(words) > 8 else "")
