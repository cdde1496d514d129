"""The raw HTTP of a session: a fragment of its page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.activities.permissions import get_visible_session
from portal.wire import queries


@require_GET
def exchanges(request: HttpRequest, session_id: str) -> HttpResponse:
    """The newest exchange, or the one that is asked for."""
    session = get_visible_session(request.user, session_id)
    found = list(queries.exchanges_of(session).defer("request", "response"))
    wanted = request.GET.get("exchange", "")
    exchange = next((each for each in found if str(each.pk) == wanted), None)
    exchange = exchange or next(iter(found), None)
    context: dict[str, Any] = {"session": session, "exchanges": found}
    if exchange is not None:
        context |= {
            "exchange": exchange,
            "request_lines": queries.lines_of(exchange.request),
            "response_lines": queries.lines_of(exchange.response),
        }
    return render(request, "wire/_exchange.html", context)
