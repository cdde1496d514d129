"""The traces of a session: what its panel draws, one of them in full, and all to take home."""

import msgspec
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.activities.permissions import get_own_session, get_visible_session
from portal.naming import as_attachment
from portal.trace import otlp as exports
from portal.trace import pages, queries
from portal.trace.joining import Place, Request
from portal.trace.told import told

AWAY = 503


@require_GET
def traces(request: HttpRequest, session_id: str) -> HttpResponse:
    """All that the panel draws; nothing where the page has just that already."""
    session = get_visible_session(request.user, session_id)
    try:
        # Asked before they are read: what comes meanwhile is asked for again.
        tag = queries.tag(session)
        if request.GET.get("have") == tag:
            return HttpResponse(status=204)
        found = queries.traces(session)
    except RedisError:
        return JsonResponse({"error": "The traces can't be read just now."}, status=AWAY)
    flow = session.spec.flow
    names = {"server": flow.server, "broker": flow.broker, "table": flow.table}
    content = msgspec.json.encode(told(found, is_on=session.is_traced, flow=names))
    response = HttpResponse(content, content_type="application/json")
    response["X-Content-Tag"] = tag
    return response


@require_GET
def trace(request: HttpRequest, session_id: str, trace: str) -> HttpResponse:
    """One request, from its bytes to its row: a fragment of the session's page."""
    session = get_visible_session(request.user, session_id)
    context = pages.one(session, trace)
    if context is None:
        raise Http404("There is no such trace, or it is not kept any more.")
    return render(request, "trace/_one.html", {**context, "session": session})


@require_GET
def find(request: HttpRequest, session_id: str) -> JsonResponse:
    """The trace of a log's line or of a record; an empty id where none is proved."""
    session = get_visible_session(request.user, session_id)
    found = wanted(session, request)
    return JsonResponse({"id": found.id if found else ""})


def wanted(session: Session, request: HttpRequest) -> Request | None:
    """Whom an address asks for."""
    asked = request.GET
    try:
        if "line" in asked:
            return queries.of_line(session, asked.get("service", ""), int(asked["line"]))
        numbers = [int(asked.get(each, "")) for each in ("partition", "offset", "timestamp")]
    except ValueError:
        return None
    return queries.of_place(session, Place(asked.get("topic", ""), *numbers))


@require_POST
def switch(request: HttpRequest, session_id: str) -> HttpResponse:
    """Have servers note what becomes of requests, or not."""
    session = get_own_session(request.user, session_id)
    session.change(is_traced=request.POST.get("on") == "1")
    return redirect(f"{reverse('activities:session', args=[session.pk])}?tab=trace")


@require_GET
def otlp(request: HttpRequest, session_id: str) -> HttpResponse:
    """All traces as a file for Jaeger."""
    session = get_visible_session(request.user, session_id)
    found = queries.traces(session).requests
    content = msgspec.json.encode(exports.document(session.pk, found))
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = as_attachment(f"{session.pk}-otlp.json")
    response["X-Content-Type-Options"] = "nosniff"
    return response
