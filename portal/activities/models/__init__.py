"""Rows are the truth: sessions and the runs of their steps, and the hosts that they run on."""

from portal.activities.models.hosts import Host, Preparation
from portal.activities.models.sessions import (
    ACTIVE,
    LIVE,
    Failure,
    Session,
    SessionFile,
    SessionFileVersion,
    ShownHint,
    StepRun,
    new_session_id,
)

__all__ = [
    "ACTIVE",
    "LIVE",
    "Failure",
    "Host",
    "Preparation",
    "Session",
    "SessionFile",
    "SessionFileVersion",
    "ShownHint",
    "StepRun",
    "new_session_id",
]
