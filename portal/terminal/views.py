"""What a session's terminals have shown, to play again and to take along."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET

from portal.activities.permissions import get_visible_session
from portal.naming import as_attachment
from portal.terminal import casts, queries

AWAY = "The store of recordings does not answer. Try again soon."


@require_GET
def recordings(request: HttpRequest, session_id: str) -> JsonResponse:
    """Which there are, the newest first."""
    session = get_visible_session(request.user, session_id)
    found = [
        {
            "service": each.service,
            "name": each.name,
            "began": each.began_at.timestamp(),
            "size": each.size,
            "url": reverse("terminal:recording", args=[session.pk, each.pk]),
        }
        for each in queries.recordings_of(session)
    ]
    return JsonResponse({"recordings": found})


@require_GET
def recording(request: HttpRequest, session_id: str, pk: int) -> HttpResponse:
    """One of them, as asciicast version 3. All of it is hostile text."""
    session = get_visible_session(request.user, session_id)
    found = get_object_or_404(queries.recordings_of(session, whole=True), pk=pk)
    try:
        cast = casts.read(found)
    except casts.CastAway:
        return HttpResponse(AWAY, status=503, content_type="text/plain; charset=utf-8")
    response = HttpResponse(cast, content_type="application/x-asciicast")
    name = f"{session.pk}-{found.service}-{found.name}-{found.pk}.cast"
    response["Content-Disposition"] = as_attachment(name)
    return response
