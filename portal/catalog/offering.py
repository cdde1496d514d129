"""Which labs somebody is offered: all that are listed, unless an app above says otherwise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractUser, AnonymousUser

from portal.catalog import queries
from portal.catalog.models import LabVersion

Anybody = AbstractUser | AnonymousUser


@dataclass(frozen=True, slots=True)
class Offer:
    """A lab, in the version that is launched."""

    version: LabVersion
    is_open: bool = True
    """Whether it can be launched now."""
    notes: tuple[Mapping[str, Any], ...] = ()
    """Parts of its card: `template`, and what each has to show."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """Some labs in their order, under a title where there are several shelves."""

    title: str
    offers: Sequence[Offer]


Choose = Callable[[Anybody], list[Shelf] | None]
_choosers: list[Choose] = []


def choose_by(choose: Choose) -> None:
    """Let an app above say what somebody is offered; None leaves it to others. Safe to repeat."""
    if choose not in _choosers:
        _choosers.append(choose)


def shelves(user: Anybody) -> list[Shelf]:
    """What somebody is offered."""
    for choose in _choosers:
        chosen = choose(user)
        if chosen is not None:
            return chosen
    return [Shelf("", [Offer(version) for version in queries.published_labs()])]


def offer_of(user: Anybody, name: str) -> Offer | None:
    """A lab as somebody is offered it, one that is open before others; None if they aren't.

    Where nobody has chosen for them, a lab that isn't listed is offered by its name.
    """
    if all(choose(user) is None for choose in _choosers):
        version = queries.latest_version(name)
        return Offer(version) if version else None
    found = [
        offer for shelf in shelves(user) for offer in shelf.offers if offer.version.lab.name == name
    ]
    return next((each for each in found if each.is_open), found[0] if found else None)
