"""What the templates of extracted tables need: read-only."""

from dataclasses import dataclass, replace
from operator import itemgetter
from typing import Any

from portal.results import address, advice, browse, charts, sql
from portal.results.browse import OPS, BadChoice, Column, View
from portal.results.models import Extraction
from portal.results.store import RowsGone

FILES = (("csv", "CSV"), ("jsonl", "JSON Lines"), ("parquet", "Parquet"))
COLUMNS_AT_FIRST = 40
"""More columns than a page can show are kept all the same: their reader chooses."""


@dataclass(frozen=True, slots=True)
class Header:
    """A column's head: where a click on it leads, and how the table is sorted by it now."""

    column: Column
    address: str
    sorted: str
    is_dropped: bool


def extraction(found: Extraction) -> dict[str, Any]:
    """All of an extraction, both tables from their first page."""
    times = found.summary.get("charts", {}).get("time", {})
    context: dict[str, Any] = {
        "extraction": found,
        "fixes": advice.fixes(found),
        "findings": sorted(found.findings, key=itemgetter("cause")),
        "schema": sql.schema_of(found),
        "time_axes": charts.time_axes(times),
        "time_bars": charts.time_bars(times),
        "size": {"width": charts.WIDTH, "height": charts.HEIGHT},
    }
    if found.has_table:
        context["own"] = table(found, View("own"))
    if found.has_union:
        context["records"] = table(found, View("records"))
    return context


def table(found: Extraction, view: View) -> dict[str, Any]:
    """One table: its rows, and the addresses of other views of it."""
    known = browse.columns_of(found, view.table)
    shown = view.shown or tuple(each.key for each in known[:COLUMNS_AT_FIRST])
    context: dict[str, Any] = {
        "extraction": found,
        "table": view.table,
        "view": view,
        "columns": known,
        "shown": shown,
        "sortable": browse.sortable(found, view.table).values(),
        "ops": OPS.items(),
        "filters": [
            (each, address.write(view, filters=tuple(f for f in view.filters if f != each)))
            for each in told(view, found)
        ],
        "chart": found.summary.get("charts", {}).get(view.table),
        "is_cut": found.truncated if view.table == "own" else found.union_truncated,
        "matching": address.write(View(view.table, filters=told(view, found))),
        "files": FILES,
        "problem": "",
    }
    context["bars"] = [
        (bar, address.write(only(view, context["chart"]["at"], bar.label)))
        for bar in charts.value_bars(context["chart"] or {})
    ]
    try:
        page = browse.page(found, replace(view, shown=shown))
    except RowsGone as gone:
        return context | {"problem": gone.words}
    except BadChoice as choice:
        return context | {"problem": str(choice)}
    return context | {
        "page": page,
        "headers": [header(found, view, each) for each in page.columns],
        "places": [header(found, view, each) for each in browse.PLACES.values()],
        "later": address.write(view, after=page.following) if page.following else "",
        "earlier": address.write(view, before=page.preceding) if page.preceding else "",
        "first": address.write(view),
    }


def header(found: Extraction, view: View, column: Column) -> Header:
    """A click sorts by the column; one more click turns the order round."""
    is_sorted = view.sort == column.key
    turned = is_sorted and not view.descending
    word = ("descending" if view.descending else "ascending") if is_sorted else ""
    return Header(
        column,
        address.write(view, sort=column.key, descending=turned),
        word,
        view.table == "records" and column.name in found.dropped_names,
    )


def only(view: View, at: int, value: str | None) -> View:
    """The rows that a bar counts."""
    filter = browse.Filter(f"c{at}", "null" if value is None else "eq", value or "")
    return replace(view, filters=(*(each for each in view.filters if each != filter), filter))


def told(view: View, found: Extraction) -> tuple[browse.Filter, ...]:
    """The view's filters on columns that there are."""
    known = browse.sortable(found, view.table)
    return tuple(each for each in view.filters if each.key in known)
