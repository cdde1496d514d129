"""How the page of a step will look, before there is any session: for whoever writes the lab."""

from collections.abc import Mapping
from typing import Any

from portal import panels
from portal.activities.models import Session
from portal.activities.pages import StepView
from portal.activities.status import SessionStatus
from portal.catalog.models import LabVersion
from portal.engine.lab.spec import LabSpec

NONE = "preview"
"""The name of a session that isn't there."""


def of_step(subject: tuple[LabSpec, str, LabVersion]) -> Mapping[str, Any]:
    """What the session page's own templates need: a lab, the step that is open, the version."""
    lab, step_id, version = subject
    steps = [
        StepView(
            index=index,
            spec=step,
            run=None,
            missing=(),
            is_current=step.id == step_id,
            is_session_ready=True,
            opened_by=step.run.opened_by(lab),
            hints_shown=len(step.hints),
        )
        for index, step in enumerate(lab.steps, 1)
    ]
    current = next(each for each in steps if each.is_current)
    shown = {panel.name: panel for panel in panels.panels()}
    return {
        "session": Session(pk=NONE, status=SessionStatus.READY, version=version),
        "steps": steps,
        "current": current,
        "look": shown[current.spec.look_at].look if current.spec.look_at in shown else "",
    }
