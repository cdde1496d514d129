"""Whom an identity provider vouches for, as a person of the portal."""

import re
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from portal.classroom.models import Identity, User
from portal.classroom.roles import grant
from portal.classroom.services.identities import rename, text_of
from portal.classroom.services.people import make_person

NO_NAME = re.compile(r"[^\w.@+-]+")
LONGEST_NAME = 140


def person_of(issuer: str, claims: dict[str, Any]) -> User:
    """Who that is: known by issuer and subject alone, made at their first login.

    A login of the same name or with the same address is somebody else's until proven otherwise, so
    it is left alone and the new one gets a number.
    """
    user = known(issuer, claims["sub"]) or make(issuer, claims)
    rename(issuer, claims)
    role = role_in(claims)
    if role is not None and role != user.role:
        grant(user, role)
    return user


def known(issuer: str, subject: str) -> User | None:
    """Somebody who was here before."""
    identities = Identity.objects.select_related("user")
    found = identities.filter(issuer=issuer, subject=subject).first()
    return found.user if found else None


def make(issuer: str, claims: dict[str, Any]) -> User:
    """A first login. Of two at once one makes the person, and both are them."""
    try:
        with transaction.atomic():
            user = make_person(free_name(claims), User.Role.STUDENT, None)
            user.first_name = text_of(claims, "given_name")[:150]
            user.last_name = text_of(claims, "family_name")[:150]
            user.email = text_of(claims, "email")[:254]
            user.save(update_fields=["first_name", "last_name", "email"])
            Identity.objects.create(user=user, issuer=issuer, subject=claims["sub"])
    except IntegrityError:
        if user_now := known(issuer, claims["sub"]):
            return user_now
        raise
    return user


def free_name(claims: dict[str, Any]) -> str:
    """The name that the provider tells, as a username; with a number where it is taken."""
    told = text_of(claims, settings.OIDC_USERNAME_CLAIM) or text_of(claims, "sub")
    name = NO_NAME.sub("-", told).strip("-")[:LONGEST_NAME] or "person"
    number, free = 1, name
    while User.objects.filter(username__iexact=free).exists():
        number += 1
        free = f"{name}-{number}"
    return free


def role_in(claims: dict[str, Any]) -> User.Role | None:
    """The role that the claims give; None when roles are the portal's own business."""
    if not settings.OIDC_ROLE_CLAIM:
        return None
    values = values_at(claims, settings.OIDC_ROLE_CLAIM)
    for role, wanted in settings.OIDC_ROLES.items():
        if not values.isdisjoint(wanted):
            return User.Role(role)
    return User.Role.STUDENT


def values_at(claims: dict[str, Any], name: str) -> frozenset[str]:
    """A claim's values: one or a list of them; `realm_access.roles` is a claim inside another."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    several = found if isinstance(found, Iterable) and not isinstance(found, str) else [found]
    return frozenset(each for each in several if isinstance(each, str))
