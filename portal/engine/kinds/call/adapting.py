"""Calls of a server's own routes, where it has not those that the lab's buttons call."""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import SplitResult, urlsplit

from portal.engine import routes as found_routes
from portal.engine.lab.command import Command
from portal.engine.routes import Route

MOST = 20
BODY = ("-H", "Content-Type: application/json", "-d", "{}")
"""For a route that takes no GET: what it wants is for its author to know."""
Served = Mapping[int, list[Any]]


def adapted(lines: Sequence[str], served: Served) -> list[str]:
    """The lines that reach a route, and calls of the server's own in the place of all others."""
    kept: list[str] = []
    found: list[str] = []
    for line in lines:
        routes = routes_for(line, served)
        if routes is None or any(each.reaches(url_of(line).path or "/") for each in routes):
            kept.append(line)
        else:
            found += [each for each in own_calls(line, routes) if each not in found]
    reached = [url_of(each).path or "/" for each in kept]
    return kept + [each for each in found if url_of(each).path not in reached][:MOST]


def routes_for(line: str, served: Served) -> tuple[Route, ...] | None:
    """The routes of the server that a line calls; None where they are not known."""
    url = url_of(line)
    try:
        kept = served.get(url.port or 80)
    except ValueError:
        return None
    is_plain = Command.parse(line).argv[0] == "curl" and url.scheme == "http"
    return tuple(found_routes.of(kept)) or None if kept and is_plain else None


def url_of(line: str) -> SplitResult:
    """What a line's curl asks for: the last word of it."""
    try:
        return urlsplit(Command.parse(line).argv[-1])
    except ValueError:
        return urlsplit("")


def own_calls(line: str, routes: Iterable[Route]) -> Iterator[str]:
    """A call of each route by its own method, from where the line calls: the plainest first."""
    service, url = Command.parse(line).service, url_of(line)
    for route in sorted(routes, key=lambda each: (each.method != "GET", "<" in each.rule)):
        if is_path(route.sample):
            address = shlex.quote(f"{url.scheme}://{url.netloc}{route.sample}")
            said = () if route.method == "GET" else ("-X", route.method, *BODY)
            yield f"docker-compose exec {service} {shlex.join(('curl', *said))} {address}"


def is_path(text: str) -> bool:
    """Whether it can stand in a curl as it is."""
    is_plain = text.isascii() and text.isprintable() and not set(text) & set(" '\"\\`$[]{}")
    return text.startswith("/") and is_plain


def guessed(lines: Iterable[str], served: Served) -> list[str]:
    """Those lines whose arguments or body nobody chose: a refusal is no failure of the script."""
    samples = {each.sample for kept in served.values() for each in with_arguments(kept)}
    return [each for each in lines if "-d" in shlex.split(each) or url_of(each).path in samples]


def with_arguments(kept: list[Any]) -> list[Route]:
    """The routes whose paths have arguments."""
    return [each for each in found_routes.of(kept) if "<" in each.rule]
