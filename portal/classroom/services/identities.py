"""A login and who its person is at the identity provider: connected, shown, disconnected."""

from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from portal.classroom.models import Identity, User

NAMES = ("email", "name", "sub")
"""What somebody is called where the claim for a username is missing; the first that is there."""


class Refused(Exception):
    """Nothing was changed; the text says why, and what to do."""


def of(user: User) -> Identity | None:
    """Who somebody is at the provider that is set up."""
    return user.identities.filter(issuer=settings.OIDC_ISSUER).first()


def connect(user: User, claims: dict[str, Any]) -> Identity:
    """Let whoever the claims are of sign in to a login. Safe to repeat. Raises Refused.

    Nothing is taken from another login, nor merged: the constraints decide, of two at once too.
    """
    issuer = settings.OIDC_ISSUER
    made = Identity(user=user, issuer=issuer, subject=claims["sub"], name=name_in(claims))
    try:
        with transaction.atomic():
            made.save()
    except IntegrityError:
        taken = Identity.objects.filter(issuer=issuer, subject=made.subject).first()
        if taken is None:
            raise Refused(has_another(user)) from None
        if taken.user_id != user.pk:
            raise Refused(is_taken(made, taken.user)) from None
        return taken
    return made


def has_another(user: User) -> str:
    """Why a login that is connected isn't connected to somebody else as well."""
    identity = of(user)
    who = identity.called if identity else "somebody"
    return f"This login is connected to {who} already. Disconnect that first, then connect again."


def is_taken(wanted: Identity, owner: User) -> str:
    """Why somebody else's identity isn't connected. Whoever reads it has proved to be them."""
    name = owner.get_username()
    way = (
        f"Log in as {name} and disconnect it there, then connect it here."
        if owner.has_usable_password()
        else f"{name} has no password, so ask the admin of this portal to take it off {name}; "
        "then connect it here."
    )
    return f"{wanted.called} already signs in to the login {name} here. Nothing was changed. {way}"


def disconnect(user: User) -> Identity | None:
    """Let only the password in; None when nothing was connected. Raises Refused."""
    identity = of(user)
    if identity and not user.has_usable_password():
        raise Refused(
            f"{settings.OIDC_NAME} is this login's only way in, for it has no password. Ask the "
            "admin of this portal for a password first."
        )
    if identity:
        identity.delete()
    return identity


def rename(issuer: str, claims: dict[str, Any]) -> None:
    """Keep what the provider calls somebody now."""
    name = name_in(claims)
    known = Identity.objects.filter(issuer=issuer, subject=claims["sub"])
    known.exclude(name=name).update(name=name)


def name_in(claims: dict[str, Any]) -> str:
    """What the provider calls somebody."""
    told = (text_of(claims, each) for each in (settings.OIDC_USERNAME_CLAIM, *NAMES))
    return next((each for each in told if each), "")[:255]


def text_of(claims: dict[str, Any], name: str) -> str:
    """A claim that is a text; anything else is none."""
    value = claims.get(name)
    return value if isinstance(value, str) else ""
