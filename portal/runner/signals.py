"""What other apps may listen to."""

from django.dispatch import Signal

relay_began = Signal()
"""A host's relay has started, and holds nothing that the one before it held. Sent with `host`."""

relay_ended = Signal()
"""A host's relay is about to end. Sent with `host`."""
