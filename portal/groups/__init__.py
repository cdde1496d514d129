"""Consumer groups: a panel that shows them live, and sets them back."""
