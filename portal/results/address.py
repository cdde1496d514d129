"""How a view of a table is written in an address, and read from one."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from portal.results.browse import OPS, Filter, View

FILTERS = 5
VALUE_LIMIT = 500


def view_in(given: QueryDict, table: str) -> View:
    """The view that an address asks for; nonsense is left out."""
    sort = given.get("sort", "n")
    return View(
        table=table,
        sort=sort.removeprefix("-"),
        descending=sort.startswith("-"),
        filters=tuple(filters(given))[:FILTERS],
        shown=tuple(given.getlist("show")),
        after=whole(given.get("after", "")),
        before=whole(given.get("before", "")),
    )


def filters(given: QueryDict) -> Iterator[Filter]:
    """Those that were chosen: `where=c0&op=has&value=sword`, each as often as the others."""
    rows = zip(given.getlist("where"), given.getlist("op"), given.getlist("value"), strict=False)
    for key, op, value in rows:
        if key and op in OPS and (value or op in ("null", "some")):
            yield Filter(key, op, value[:VALUE_LIMIT])


def write(view: View, **changes: Any) -> str:
    """The address of a view: from its first page, unless `after` or `before` are given."""
    view = replace(view, **{"after": None, "before": None, **changes})
    pairs: list[tuple[str, str | int]] = []
    if view.sort != "n" or view.descending:
        pairs.append(("sort", f"-{view.sort}" if view.descending else view.sort))
    for each in view.filters:
        pairs += [("where", each.key), ("op", each.op), ("value", each.value)]
    pairs += [("show", each) for each in view.shown]
    pairs += [(name, at) for name in ("after", "before") if (at := getattr(view, name))]
    return f"?{urlencode(pairs)}"


def whole(text: str) -> int | None:
    """A row's number; None for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else None
