"""How long a login lasts: since it began, and since its browser was last used.

The session's row ends `SESSION_COOKIE_AGE` after it was last written, which it is while somebody
uses the browser; `LOGIN_SECONDS` after the login it ends whatever is done with it.
"""

import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

BEGAN, USED = "login_began", "login_used"
EVERY_SECONDS = 600
"""As often is it written that a browser is used."""
Answers = Callable[[HttpRequest], HttpResponse]


def begin(request: HttpRequest | None, user: Any, **kwargs: Any) -> None:
    """Somebody has logged in. A guest has one browser and no other way in, so it may rest."""
    if request is None:
        return
    request.session[BEGAN] = request.session[USED] = int(time.time())
    if user.is_guest:
        request.session.set_expiry(settings.LOGIN_SECONDS)


def lasting(answer: Answers) -> Answers:
    """Middleware: has whoever was in for too long log in again."""

    def answered(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            look_at_clock(request, int(time.time()))
        return answer(request)

    return answered


def look_at_clock(request: HttpRequest, now: int) -> None:
    """End a login that has lasted its time; note that another is used."""
    session = request.session
    if BEGAN not in session:  # Of a release that didn't count.
        session[BEGAN] = now
    if now - session[BEGAN] >= settings.LOGIN_SECONDS:
        logout(request)
    elif is_use(request) and now - session.get(USED, 0) >= EVERY_SECONDS:
        session[USED] = now


def is_use(request: HttpRequest) -> bool:
    """Whether somebody did this, and not a page that is merely open."""
    mode = request.headers.get("Sec-Fetch-Mode", "navigate")
    return request.method == "POST" or mode == "navigate"


def unkept(answer: Answers) -> Answers:
    """Middleware: no browser keeps what is for somebody who is logged in; others may come to it."""

    def answered(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return answered
