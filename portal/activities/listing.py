"""What the list of sessions shows: their rows, with a cell of each app that has one to show."""

from collections.abc import Sequence
from typing import Any

from portal import panels
from portal.activities.models import Session
from portal.panels import Place


def of(found: Sequence[Session]) -> dict[str, Any]:
    """The `columns` that apps add, and `lines`: each session with the cells of its row."""
    columns = panels.shown(Place.SESSIONS, found)
    lines = [
        (each, [{**column, "value": column["values"].get(each.pk)} for column in columns])
        for each in found
    ]
    return {"columns": columns, "lines": lines}
