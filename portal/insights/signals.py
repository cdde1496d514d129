"""What other apps may listen to."""

from django.dispatch import Signal

hinted = Signal()
"""Somebody says something in a session, for its student to read. Sent with `session`, `author` and
`text`; whoever keeps such words answers."""
