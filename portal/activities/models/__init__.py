"""Rows are the truth: sessions and the runs of their steps, and the hosts that they run on."""

from portal.activities.models.hosts import Host, Preparation
from portal.activities.models.sessions import (
    ACTIVE,
    LIVE,
    Session,
    SessionFile,
    SessionFileVersion,
    ShownHint,
    StepRun,
    Work,
    new_session_id,
)

__all__ = [
    "ACTIVE",
    "LIVE",
    "Host",
    "Preparation",
    "Session",
    "SessionFile",
    "SessionFileVersion",
    "ShownHint",
    "StepRun",
    "Work",
    "new_session_id",
]
