"""Rows are the truth: sessions and the runs of their steps, and the hosts that they run on."""

from portal.activities.models.attempts import Attempt
from portal.activities.models.edits import SessionFile, SessionFileVersion, ShownHint
from portal.activities.models.hosts import Host, Preparation
from portal.activities.models.pool import PoolCluster, PoolStatus
from portal.activities.models.sessions import (
    ACTIVE,
    LIVE,
    Session,
    StepRun,
    new_session_id,
)
from portal.activities.models.work import Work

__all__ = [
    "ACTIVE",
    "LIVE",
    "Attempt",
    "Host",
    "PoolCluster",
    "PoolStatus",
    "Preparation",
    "Session",
    "SessionFile",
    "SessionFileVersion",
    "ShownHint",
    "StepRun",
    "Work",
    "new_session_id",
]
