"""Ways in that are half set up are found at boot, each with an id and what to do."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from portal.classroom import mail

OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}


@register(Tags.security)
def provider_is_complete(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """An identity provider needs all three, or none is used."""
    wanted = {
        "SLUICE_OIDC_ISSUER": settings.OIDC_ISSUER,
        "SLUICE_OIDC_CLIENT_ID": settings.OIDC_CLIENT_ID,
        "SLUICE_OIDC_CLIENT_SECRET": settings.OIDC_CLIENT_SECRET,
    }
    missing = [name for name, value in wanted.items() if not value]
    if missing and len(missing) < len(wanted):
        return [
            Error(
                f"Signing in elsewhere is half set up: {' and '.join(missing)} not set.",
                hint="Set all three, as the provider gave them, or none.",
                id="classroom.E001",
            )
        ]
    return []


@register(Tags.security)
def provider_is_private(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Whoever can change what the provider says can be anybody."""
    issuer = urlsplit(settings.OIDC_ISSUER)
    if not settings.OIDC_ISSUER or issuer.scheme == "https" or issuer.hostname in OWN_MACHINE:
        return []
    return [
        Error(
            "SLUICE_OIDC_ISSUER is no https address.",
            hint="Give the issuer as the provider's own discovery document has it.",
            id="classroom.E002",
        )
    ]


@register()
def roles_have_their_claim(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Values make nobody an instructor without the claim in which they would be, nor does it."""
    has_values = any(settings.OIDC_ROLES.values())
    if bool(settings.OIDC_ROLE_CLAIM) == has_values:
        return []
    return [
        Error(
            "SLUICE_OIDC_ROLE_CLAIM and the values that give a role belong together.",
            hint="Set SLUICE_OIDC_ROLE_CLAIM and SLUICE_OIDC_INSTRUCTORS or SLUICE_OIDC_ADMINS, "
            "or none of them: then everybody new is a student.",
            id="classroom.E003",
        )
    ]


@register(deploy=True)
def mail_goes_out(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Who has forgotten a password needs somebody to ask, or a mail."""
    if mail.is_on():
        return []
    return [
        Warning(
            "EMAIL_URL names no mail server, so nobody is offered a new password by mail.",
            hint="Set EMAIL_URL, as in smtp+tls://user:password@mail.example:587.",
            id="classroom.W001",
        )
    ]


@register()
def mail_has_a_sender(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A mail from nobody is thrown away."""
    if not mail.is_on() or settings.DEFAULT_FROM_EMAIL:
        return []
    return [
        Warning(
            "Mails would have no sender.",
            hint="Set SLUICE_MAIL_FROM to an address of yours.",
            id="classroom.W002",
        )
    ]
