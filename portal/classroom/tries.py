"""How a version's last test-runs went."""

from dataclasses import dataclass
from typing import Any

from portal.activities import queries
from portal.activities.models import Session
from portal.catalog.models import LabVersion
from portal.engine.lab.step import Move


@dataclass(frozen=True, slots=True)
class Try:
    """One test-run."""

    session: Session
    verdict: str


def tries_of(version: LabVersion) -> list[Try]:
    """The newest few."""
    found = version.sessions.filter(is_rehearsal=True).select_related("version__lab")
    return [Try(each, verdict_on(each)) for each in found.order_by("-created_at")[:3]]


def shown(version: LabVersion) -> dict[str, Any]:
    """For the version's page."""
    return {"tries": tries_of(version)}


def verdict_on(session: Session) -> str:
    """How it went, in words: what failed first, if something did."""
    runs = queries.newest_runs(session)
    for step in session.spec.steps:
        run = runs.get(step.id)
        if run is not None and run.state.is_good:
            continue
        if step.run.move is Move.DOWN and session.state.is_live:
            break
        if run is not None and not run.state.is_active:
            return f"failed at “{step.title}”"
        return "runs" if session.state.is_live else f"did not come to “{step.title}”"
    return "passed" if not session.state.is_live else "runs"
