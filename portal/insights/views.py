"""A session's gap meter, and its transcript: to read, to annotate, to take home."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from portal.activities.models import Session
from portal.activities.permissions import get_own_session, get_visible_session
from portal.catalog.markdown import Page
from portal.insights import counting, markdown, moments, script, services
from portal.insights import transcript as transcripts
from portal.insights.edits import saved_in
from portal.insights.gap import judge
from portal.insights.shown import show
from portal.naming import as_attachment

MOST_CHARACTERS = 2 << 20
"""Of a script: what makes it takes some seconds of the web process then."""


@require_GET
def gap(request: HttpRequest, session_id: str) -> HttpResponse:
    """What the gap meter says now: a fragment of the session page."""
    session = get_visible_session(request.user, session_id)
    if not counting.has_meter(session.spec):
        return HttpResponse(status=204)
    context: dict[str, Any] = {"session": session}
    try:
        counts = counting.count(session)
        context |= {"counts": counts, "verdict": judge(counts)}
    except RedisError:
        context["is_away"] = True
    return render(request, "insights/_gap.html", context)


@require_GET
def transcript(request: HttpRequest, session_id: str) -> HttpResponse:
    """All that was typed in a session, with the student's notes."""
    session = get_visible_session(request.user, session_id)
    page = Page()
    context = {
        "session": session,
        "spec": session.spec,
        "is_owner": session.owner_id == request.user.pk,
        "entries": [
            (each, show(each.output), page.render(each.note))
            for each in transcripts.entries(session)
        ],
        "left_out": transcripts.left_out(session),
    }
    return render(request, "insights/transcript.html", context)


@require_GET
def scrub(request: HttpRequest, session_id: str) -> HttpResponse:
    """All that is known of a session, on one line of time."""
    session = get_visible_session(request.user, session_id)
    line = moments.of(session)
    rows = [each.as_row() for each in line.moments]
    context = {
        "session": session,
        "spec": session.spec,
        "line": line,
        "kinds": moments.KINDS,
        "data": {"began": line.began, "ended": line.ended, "moments": rows},
    }
    return render(request, "insights/scrub.html", context)


@require_POST
def note(request: HttpRequest, session_id: str, run_id: int) -> HttpResponse:
    """Save a note; htmx gets the note's form again, a plain form the page."""
    session = get_own_session(request.user, session_id)
    run = get_object_or_404(session.runs, pk=run_id)
    services.annotate(session, run, request.POST.get("text", ""))
    if "HX-Request" in request.headers:
        step = transcripts.step_of(session, run)
        if step is not None:
            entry = transcripts.entry_of(session, run, step, request.POST.get("text", "").strip())
            context = {"session": session, "entry": replace(entry, output=""), "is_saved": True}
            context["note"] = Page().render(entry.note)
            return render(request, "insights/_note.html", context)
    return redirect(f"{reverse('insights:transcript', args=[session.pk])}#run-{run_id}")


@require_GET
def as_markdown(request: HttpRequest, session_id: str) -> StreamingHttpResponse:
    """The transcript to hand in."""
    session = get_visible_session(request.user, session_id)
    who = session.owner.get_full_name() or session.owner.get_username()
    made, missing = transcripts.entries(session), transcripts.left_out(session)
    return attachment(
        session, "md", "text/markdown", markdown.document(session, made, who, missing)
    )


@require_GET
def as_script(request: HttpRequest, session_id: str) -> StreamingHttpResponse:
    """The transcript to run at home."""
    session = get_visible_session(request.user, session_id)
    lines = script.script(session, transcripts.entries(session), saved_in(session))
    bounded = within(lines, MOST_CHARACTERS, script.TOO_LONG)
    return attachment(session, "sh", "application/x-sh", bounded)


def within(pieces: Iterable[str], most: int, last_words: str) -> Iterator[str]:
    """The pieces up to so many characters; what else there would be isn't even made."""
    for piece in pieces:
        most -= len(piece)
        if most < 0:
            yield last_words
            return
        yield piece


def attachment(
    session: Session, suffix: str, kind: str, pieces: Iterable[str]
) -> StreamingHttpResponse:
    """A file to save."""
    response = StreamingHttpResponse(list(pieces), content_type=f"{kind}; charset=utf-8")
    response["Content-Disposition"] = as_attachment(f"{session.pk}.{suffix}")
    response["X-Content-Type-Options"] = "nosniff"
    return response
