"""The style guide: every part of pages, in every state. Only where SLUICE_DEBUG is on."""

from types import SimpleNamespace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

FLOW = SimpleNamespace(server="Flask", broker="Kafka", table="Spark")
STATES = ("idle", "queued", "running", "serving", "passed", "failed", "cancelled")
STATUSES = ("queued", "starting", "ready", "stopping", "failed", "ended")
INKS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan")


def guide(request: HttpRequest) -> HttpResponse:
    """All parts, on one page."""
    return render(request, "styleguide.html", samples())


def samples() -> dict[str, Any]:
    """What the parts show there."""
    return {
        "states": STATES,
        "statuses": STATUSES,
        "inks": INKS,
        "shapes": range(7),
        "flows": [
            flow("quiet", 0, 0, 0, None),
            flow("good", 12, 12, 12, 12),
            flow("loss", 12, 12, 9, None, "3 good answers left no record in the topic", "kafka"),
        ],
        "failure": {
            "error_code": "no_broker",
            "error": "Kafka did not answer within 30 s.",
            "error_part": "cluster",
            "part_label": "the cluster",
            "error_advice": "Look at its log, then start the cluster again.",
        },
    }


def flow(
    state: str,
    sent: int,
    answered: int,
    records: int,
    rows: int | None,
    what: str = "",
    hop: str = "",
) -> dict[str, Any]:
    """One state of the picture of calls' way."""
    findings = (
        [SimpleNamespace(hop=hop, what=what, why="The script does not send it.")] if what else []
    )
    counts = {"flow": FLOW, "sent": sent, "answered": answered, "records": records, "rows": rows}
    return {
        "counts": {**counts, "by_path": {"/": sent}, "rows_of": rows},
        "verdict": {"state": state, "findings": findings, "hops": {hop}, "notes": [], "doubts": []},
    }
