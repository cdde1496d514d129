"""Mail: whether the portal can send any, and what a class writes to somebody who agreed to it.

It goes to the address that is kept of a login and to no other, with a subject of the portal's own.
"""

from django.conf import settings
from django.template.loader import render_to_string

from portal.classroom import tasks
from portal.classroom.limits import Limit
from portal.classroom.models import StudentNote, User

NOWHERE = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy")
)
SUBJECT = "A message from your class"
TO_ONE = Limit("message to", most=10, seconds=3600)
BY_ONE = Limit("message by", most=100, seconds=3600)


def is_on() -> bool:
    """Whether the operator has named a mail server."""
    return settings.EMAIL_BACKEND not in NOWHERE


def reaches(user: User) -> bool:
    """Whether somebody gets messages by mail: where there is any, and they want it."""
    return bool(is_on() and user.is_active and user.mails_messages and user.email)


def send_message(note: StudentNote, grades: str, account: str) -> bool:
    """Mail what somebody may read, with the addresses of two pages. Whether it is under way.

    So many an hour to one person, and by one; what is more stands on the page of grades alone.
    """
    student: User = note.student
    if not note.is_shown or not reaches(student):
        return False
    counts = [limit.count(str(who)) <= limit.most for limit, who in of_note(note)]
    if not all(counts):
        return False
    context = {"note": note, "grades": grades, "account": account}
    body = render_to_string("classroom/message_mail.txt", context)
    tasks.send_mail.delay_on_commit(SUBJECT, body, student.email)  # type: ignore[attr-defined]
    return True


def of_note(note: StudentNote) -> list[tuple[Limit, object]]:
    """What a mail of it counts against."""
    return [(TO_ONE, note.student_id), (BY_ONE, note.author_id)]
