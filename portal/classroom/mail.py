"""Whether the portal can send mail; it does so for new passwords alone."""

from django.conf import settings

NOWHERE = frozenset(
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy")
)


def is_on() -> bool:
    """Whether the operator has named a mail server."""
    return settings.EMAIL_BACKEND not in NOWHERE
