"""Keep account of who reads what of somebody else's session, beside its own page."""

import contextlib
import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.classroom import audit
from portal.live.connection import connect

ELSEWHERE = frozenset({"session", "live", "run_progress", "code_versions", "history"})
"""Noted by the page itself, or asked for by a page that is open."""
ONCE_SECONDS = 3600
DENIED = (403, 404)
log = logging.getLogger(__name__)


def noting(answer: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: what comes of a session to somebody else is an entry, once an hour each."""

    def noted(request: HttpRequest) -> HttpResponse:
        response = answer(request)
        match = request.resolver_match
        if response.status_code in DENIED and match and match.kwargs:
            # Another's session is told as one that isn't there.
            log.warning("%s may not %s %s", request.user.pk, request.method, request.path)
        session_id = match.kwargs.get("session_id") if match else None
        if session_id and request.method == "GET" and response.status_code == 200:
            note(request, str(session_id), match.url_name or "" if match else "")
        return response

    return noted


def note(request: HttpRequest, session_id: str, name: str) -> None:
    """Write the entry, if it is another's and none was written lately."""
    if name in ELSEWHERE or not request.user.is_authenticated:
        return
    key = f"read:{request.user.pk}:{session_id}:{name}"
    with contextlib.suppress(RedisError, OSError):
        if not connect().set(key, 1, ex=ONCE_SECONDS, nx=True):
            return
    session = Session.objects.select_related("owner").filter(pk=session_id).first()
    if session is not None and session.owner_id != request.user.pk:
        audit.record(request.user, "read", session=session, detail=name)
