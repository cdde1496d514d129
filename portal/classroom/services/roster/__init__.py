"""A class's roster from a file: what is wrong with it is told before anything is done."""

from portal.classroom.services.roster.decoding import MOST_BYTES, RosterUnreadable, decode
from portal.classroom.services.roster.importing import import_roster
from portal.classroom.services.roster.judging import Line, Roster, read
from portal.classroom.services.roster.people import MOST_LINES

__all__ = [
    "MOST_BYTES",
    "MOST_LINES",
    "Line",
    "Roster",
    "RosterUnreadable",
    "decode",
    "import_roster",
    "read",
]
