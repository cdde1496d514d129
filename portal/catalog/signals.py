"""What other apps may listen to."""

from django.dispatch import Signal

lab_changed = Signal()
"""Somebody has changed what others see of a lab, or taken it out. Sent with `user` (None for a
command), `verb` and `detail`, which says which version."""
