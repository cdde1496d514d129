"""What classes listen to: every session that changes, and every deed."""

from typing import Any

from portal.live.wakeups import wake

OVERVIEWS = "overviews"
"""The channel layer's group of all open overviews: each knows itself whose session it shows."""


def tell_overviews(session_id: str, **kwargs: Any) -> None:
    """A session has changed."""
    wake(OVERVIEWS, {"type": "session.changed", "session": session_id})
