"""What other apps may listen to."""

from django.dispatch import Signal

step_output = Signal()
"""A step gave something worth keeping. Sent with `session`, `run` and `outcome`, which is an
engine dataclass (`spark.SparkOutcome` or `http.Exchange`), with how many `seconds` keeping it may
take of the step's `limit`, and whether that is `cancelled` meanwhile. What a receiver returns is
shown to people."""

session_changed = Signal()
"""Something visible of a session has changed and is committed. Sent with `session_id`."""

acted = Signal()
"""Somebody has done something to a session, or asked for it in vain. Sent with `session`, `user`,
`verb` (the address's name), and `detail`."""

command_began = Signal()
"""A command was typed in a terminal, and runs. Sent by the relay with `session`, `terminal` and
`ran` (an `engine.commands.CommandRan` without its end). All of it is hostile text."""

command_ran = Signal()
"""It has ended. Sent as `command_began` is; the same command may be told twice, with one `id`."""

terminal_recorded = Signal()
"""A terminal has more to play back. Sent by the relay with `session`, `terminal`, `epoch`, and
`cast`, which is all of the recording so far, as asciicast version 3."""
