"""How often a password may be tried: for a login from one place, from one place, for one login.

A place is an address, or the browser that has signed in to this login before: so whoever tries a
password in the same room, or from a thousand addresses, keeps nobody out of their own browser.
"""

import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse

from portal.classroom.limits import Limit
from portal.classroom.models import User

COOKIE = f"{settings.COOKIE_PREFIX}signed_in_here"
SALT = "portal.classroom.doors"
YEAR = 365 * 24 * 3600
WINDOW = 600
PAIR = Limit("login-pair", most=10, seconds=WINDOW)
"""One login from one place."""
ADDRESS = Limit("login-address", most=100, seconds=WINDOW)
"""All logins from one address, behind which a whole room may be."""
LOGIN = Limit("login-anywhere", most=50, seconds=WINDOW)
"""One login from all places that it has never signed in from."""


@dataclass(frozen=True, slots=True)
class Door:
    """One login, tried from one place."""

    username: str
    address: str
    browser: str = ""
    """Its mark, if it has signed in to this login before."""

    def knock(self) -> bool:
        """Count a try before it is made, so that many at once are none too many.

        False for one too many: that one counts where it is refused and nowhere behind.
        """
        return all(limit.count(who) <= limit.most for limit, who in self.limits())

    def open(self) -> None:
        """The password was right: this was no guess, and those before it were typing errors."""
        for limit, who in self.limits():
            limit.take_back(who)
        PAIR.clear(self.place())

    def is_first_refusal(self) -> bool:
        """Whether nobody was told of this yet: the audit has one entry a window, not a flood."""
        return Limit("login-told", most=1, seconds=WINDOW).count(self.place()) == 1

    def place(self) -> str:
        """This login at this place."""
        return f"{self.username}@{self.browser or self.address}"

    def limits(self) -> list[tuple[Limit, str]]:
        """What counts here. A browser that has been in is only held to its own tries."""
        if self.browser:
            return [(PAIR, self.place())]
        return [(PAIR, self.place()), (ADDRESS, self.address), (LOGIN, self.username)]


def door(request: HttpRequest, username: str) -> Door:
    """Which login is tried, and from where."""
    name = username.strip().casefold()[:150]
    address = str(request.META.get("REMOTE_ADDR", ""))
    return Door(name, address, known_browser(request, name))


def known_browser(request: HttpRequest, username: str) -> str:
    """The mark of a browser that has signed in to this login; empty for any other."""
    try:
        found: Any = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=YEAR)
        user_id, mark = found
        name = User.objects.values_list("username", flat=True).get(pk=user_id)
    except (signing.BadSignature, ValueError, TypeError, User.DoesNotExist):
        return ""
    return str(mark) if str(name).casefold() == username else ""


def know_browser(request: HttpRequest, response: HttpResponse, user: User) -> None:
    """From now on nobody else's tries keep this login out of this browser."""
    mark = known_browser(request, user.get_username().casefold()) or secrets.token_hex(8)
    response.set_cookie(
        COOKIE,
        signing.dumps([user.pk, mark], salt=SALT),
        max_age=YEAR,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
