"""Why a wish can't be granted, in words for the page."""


class NotNow(Exception):
    """The session is not in a state to do this; the text says what to do first."""
