"""People, their classes, what is said to them, and what was done."""

from portal.classroom.models.audit import AuditEntry
from portal.classroom.models.classes import Class, JoinCode, Membership
from portal.classroom.models.help import Hint, RaisedHand
from portal.classroom.models.people import Identity, User

__all__ = [
    "AuditEntry",
    "Class",
    "Hint",
    "Identity",
    "JoinCode",
    "Membership",
    "RaisedHand",
    "User",
]
