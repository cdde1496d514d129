"""Times on pages are those of who reads them: as they have chosen, or as their browser says."""

from collections.abc import Callable
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

COOKIE = f"{settings.COOKIE_PREFIX}sluice_zone"


@cache
def known() -> frozenset[str]:
    """The names of all zones."""
    return frozenset(available_timezones())


def zone_of(request: HttpRequest) -> ZoneInfo | None:
    """Whose clock a page goes by; None for the portal's own."""
    chosen = getattr(request.user, "time_zone", "") if request.user.is_authenticated else ""
    for name in (chosen, request.COOKIES.get(COOKIE, "")):
        if name in known():
            return ZoneInfo(name)
    return None


def in_own_zone(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: every page is made in its reader's time zone."""

    def answered(request: HttpRequest) -> HttpResponse:
        with timezone.override(zone_of(request)):
            return answer(request)

    return answered
