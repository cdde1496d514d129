"""Hands and hints, in the session that they are about."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.activities.models import Session
from portal.activities.permissions import get_own_session, get_visible_session
from portal.classroom import account, audit
from portal.classroom.forms import WordsForm
from portal.classroom.limits import is_too_often
from portal.classroom.models import AuditEntry
from portal.classroom.permissions import get_helped_session
from portal.classroom.services import helping


@require_POST
def raise_hand(request: HttpRequest, session_id: str) -> HttpResponse:
    """A student asks for help."""
    own = get_own_session(request.user, session_id)
    if not is_too_often("hand", own.pk, most=30, seconds=600):
        helping.raise_hand(own, request.POST.get("text", "").strip(), request.POST.get("step", ""))
        audit.record(request.user, "raise hand", session=own)
    return answer(request, own)


@require_POST
def lower_hand(request: HttpRequest, session_id: str) -> HttpResponse:
    """No help is wanted any more; an instructor's click means that it was given."""
    seen = get_visible_session(request.user, session_id)
    if helping.lower_hand(seen):
        is_own = seen.owner_id == request.user.pk
        audit.record(request.user, "lower hand" if is_own else "answer hand", session=seen)
    return answer(request, seen)


@require_POST
def leave_hint(request: HttpRequest, session_id: str) -> HttpResponse:
    """An instructor's words for one student."""
    helped = get_helped_session(request.user, session_id)
    form = WordsForm(request.POST)
    if form.is_valid():
        helping.leave_hint(helped, request.user, form.cleaned_data["text"])  # type: ignore[arg-type]
        audit.record(request.user, "hint", session=helped, detail=form.cleaned_data["text"])
    elif not request.headers.get("HX-Request"):
        messages.error(request, "Write something, of 1000 characters at most.")
    return answer(request, helped)


@require_POST
def put_away(request: HttpRequest, session_id: str, hint_id: int) -> HttpResponse:
    """A student has read a hint."""
    own = get_own_session(request.user, session_id)
    said = {"yes": True, "no": False}.get(request.POST.get("helped", ""))
    helping.put_away(own, hint_id, has_helped=said)
    return answer(request, own)


@require_GET
def history(request: HttpRequest, session_id: str) -> HttpResponse:
    """What was done in a session, and by whom."""
    seen = get_visible_session(request.user, session_id)
    entries = AuditEntry.objects.filter(session_id=seen.pk)[:500]
    deeds = list(account.of(seen, entries))
    return render(request, "classroom/history.html", {"session": seen, "deeds": deeds})


def answer(request: HttpRequest, session: Session) -> HttpResponse:
    """For htmx nothing: the session has changed, and its page fetches what it shows by itself.

    Two answers that put the same part in place at once would be one too many.
    """
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204)
    return redirect("activities:session", session.pk)
