"""Tell the pages that show a session that something of it has changed."""

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.db import transaction


def group_name(session_id: str) -> str:
    """The channel layer's group of one session's pages."""
    return f"session.{session_id}"


def announce(session_id: str) -> None:
    """Once the change is committed. Losing the message costs a page a few seconds."""

    def send() -> None:
        layer = get_channel_layer()
        if layer is not None:
            message = {"type": "session.changed", "session": session_id}
            async_to_sync(layer.group_send)(group_name(session_id), message)

    transaction.on_commit(send, robust=True)
