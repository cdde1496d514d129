"""What other apps may listen to."""

from django.dispatch import Signal

step_output = Signal()
"""A step gave something worth keeping. Sent with `session`, `run` and `outcome`, which is an
engine dataclass (`spark.SparkOutcome` or `http.Exchange`)."""

session_changed = Signal()
"""Something visible of a session has changed and is committed. Sent with `session_id`."""

acted = Signal()
"""Somebody has done something to a session, or asked for it in vain. Sent with `session`, `user`,
`verb` (the address's name), and `detail`."""
