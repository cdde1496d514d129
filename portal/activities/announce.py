"""Tell the pages that show a session that something of it has changed."""

from django.db import transaction

from portal.activities.signals import session_changed
from portal.live.wakeups import wake


def group_name(session_id: str) -> str:
    """The channel layer's group of one session's pages."""
    return f"session.{session_id}"


def announce(session_id: str) -> None:
    """Once the change is committed."""

    def tell() -> None:
        message = {"type": "session.changed", "session": session_id}
        wake(group_name(session_id), message)
        session_changed.send(sender=None, session_id=session_id)

    transaction.on_commit(tell)
