"""The raw HTTP of a session: a part of its page, what is typed there, and files to take home."""

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from portal.activities.models import Session
from portal.activities.permissions import get_own_session, get_visible_session
from portal.activities.services.wishes import NotNow
from portal.activities.signals import acted
from portal.naming import as_attachment
from portal.wire import captured, export, orders, pages, places, queries, services
from portal.wire.models import CRLF, LF, Exchange

RAW = "application/octet-stream"


@require_GET
def exchanges(request: HttpRequest, session_id: str) -> HttpResponse:
    """The newest exchange, or the one that is asked for."""
    session = get_visible_session(request.user, session_id)
    return shown(request, session, request.GET.dict())


@require_POST
def send(request: HttpRequest, session_id: str) -> HttpResponse:
    """Open a connection and send what was typed."""
    own = get_own_session(request.user, session_id)
    form = request.POST
    spot = places.find(own.spec, form.get("to", ""))
    line_ends = LF if form.get("line_ends") == LF else CRLF
    is_by_lines = form.get("how") == "lines"
    try:
        if spot is None:
            raise NotNow("That is no server of this lab. Choose one from the list.")
        typed = "" if is_by_lines else form.get("request", "")
        data = services.typed_bytes(typed, line_ends, has_escapes="escapes" in form)
        made = orders.send(own, spot, data, line_ends=line_ends, is_by_lines=is_by_lines)
    except NotNow as refusal:
        return refused(request, own, refusal)
    return done(request, own, made, f"{spot.key}, {len(data)} bytes")


@require_POST
def again(request: HttpRequest, session_id: str, pk: int) -> HttpResponse:
    """Send the same bytes to the same server."""
    own = get_own_session(request.user, session_id)
    old = find(own, pk)
    spot = places.find(own.spec, f"{old.host}:{old.port}")
    try:
        if spot is None:
            raise NotNow("This lab has no such server any more.")
        data = bytes(old.request)
        made = orders.send(own, spot, data, line_ends=old.line_ends, is_by_lines=False)
    except NotNow as refusal:
        return refused(request, own, refusal, old)
    return done(request, own, made, f"{spot.key}, {len(data)} bytes again")


@require_POST
def keep(request: HttpRequest, session_id: str, key: str) -> HttpResponse:
    """Keep what was captured: it can be named, sent again and saved then."""
    own = get_own_session(request.user, session_id)
    found = captured.find(own, key)
    if found is None:
        return refused(request, own, NotNow("That was captured too long ago, and is gone."))
    services.keep_captured(found)
    return done(request, own, found, key)


@require_POST
def say(request: HttpRequest, session_id: str, pk: int) -> JsonResponse:
    """One line more over an open connection."""
    own = get_own_session(request.user, session_id)
    try:
        line, has_escapes = request.POST.get("line", ""), "escapes" in request.POST
        orders.say(find(own, pk), line, has_escapes=has_escapes)
    except NotNow as refusal:
        return JsonResponse({"error": str(refusal)}, status=409)
    return JsonResponse({})


@require_POST
def hang_up(request: HttpRequest, session_id: str, pk: int) -> JsonResponse:
    """End a connection. Already ended is success."""
    orders.hang_up(find(get_own_session(request.user, session_id), pk))
    return JsonResponse({})


@require_POST
def rename(request: HttpRequest, session_id: str, pk: int) -> HttpResponse:
    """Give an exchange a name."""
    own = get_own_session(request.user, session_id)
    exchange = find(own, pk)
    try:
        services.name(exchange, request.POST.get("name", ""))
    except NotNow as refusal:
        return refused(request, own, refusal, exchange)
    return done(request, own, exchange, exchange.name)


@require_GET
def download(request: HttpRequest, session_id: str, pk: int, form: str) -> HttpResponse:
    """An exchange as a file."""
    exchange = find(get_visible_session(request.user, session_id), pk)
    files = {
        "request": lambda: (bytes(exchange.request), RAW, "bin"),
        "response": lambda: (bytes(exchange.response), RAW, "bin"),
        "curl": lambda: (export.as_shell(exchange).encode(), "text/plain; charset=utf-8", "sh"),
        "har": lambda: (export.as_har(exchange).encode(), "application/json", "har"),
    }
    if form not in files:
        raise Http404("There is no such file.")
    make: Callable[[], tuple[bytes, str, str]] = files[form]
    content, kind, ending = make()
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = as_attachment(f"exchange-{pk}-{form}.{ending}")
    return answer


def find(session: Session, pk: int) -> Exchange:
    """One of a session's exchanges. Raises Http404."""
    found = queries.find(session, str(pk))
    if found is None:
        raise Http404("There is no such exchange.")
    return found


def shown(
    request: HttpRequest, session: Session, asked: dict[str, str], refusal: str = ""
) -> HttpResponse:
    """The exchanges, as a part of the session's page."""
    is_owner = session.owner_id == request.user.pk
    context: dict[str, Any] = pages.context(session, asked, is_owner)
    return render(request, "wire/_exchange.html", context | {"refusal": refusal})


def done(request: HttpRequest, session: Session, exchange: Exchange, detail: str) -> HttpResponse:
    """The exchange that a button was about; whoever keeps account hears of it."""
    note(request, session, detail)
    return shown(request, session, {"exchange": str(exchange.pk)})


def refused(
    request: HttpRequest, session: Session, refusal: NotNow, exchange: Exchange | None = None
) -> HttpResponse:
    """Why a wish can't be granted."""
    note(request, session, f"refused: {refusal}")
    asked = {"exchange": str(exchange.pk)} if exchange else {}
    return shown(request, session, asked, str(refusal))


def note(request: HttpRequest, session: Session, detail: str) -> None:
    """Tell whoever keeps account what was done, by the address's name."""
    verb = request.resolver_match.url_name if request.resolver_match else ""
    acted.send(
        sender=Session, session=session, user=request.user, verb=f"wire-{verb}", detail=detail
    )
