"""People, their classes, what is said to them, and what was done."""

from portal.classroom.models.assignments import Assignment, Extension
from portal.classroom.models.audit import AuditEntry
from portal.classroom.models.classes import Class, Counts, JoinCode, Membership, Section
from portal.classroom.models.grades import Grade
from portal.classroom.models.help import Hint, RaisedHand, StudentNote
from portal.classroom.models.meetings import Meeting
from portal.classroom.models.people import Identity, User
from portal.classroom.models.privacy import Erasure, KeptGrade
from portal.classroom.models.staff import Right, Staff

__all__ = [
    "Assignment",
    "AuditEntry",
    "Class",
    "Counts",
    "Erasure",
    "Extension",
    "Grade",
    "Hint",
    "Identity",
    "JoinCode",
    "KeptGrade",
    "Meeting",
    "Membership",
    "RaisedHand",
    "Right",
    "Section",
    "Staff",
    "StudentNote",
    "User",
]
