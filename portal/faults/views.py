"""A session's faults: the panel that causes them, a drill's diagnosis, and the way back."""

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.activities.models import Session
from portal.activities.permissions import get_own_session, get_visible_session
from portal.activities.services import sessions
from portal.activities.services.wishes import NotNow
from portal.activities.signals import acted
from portal.engine import faults as engine
from portal.engine.faults import Deed
from portal.faults import orders, queries, services

VERBS = {
    Deed.PAUSE: "Pause",
    Deed.STOP: "Stop",
    Deed.KILL: "Kill",
    Deed.CUT_LINK: "Cut link",
    Deed.SLOW_LINK: "Slow link",
}


@require_GET
def panel(request: HttpRequest, session_id: str) -> HttpResponse:
    """What can be broken, and what was."""
    seen = get_visible_session(request.user, session_id)
    offered = list(engine.offers(seen.spec))
    known = [(each.does, each.target) for each in offered]
    is_owner = seen.owner_id == request.user.pk
    past = queries.all_of(seen).select_related("by")
    # What a drill is about its student finds out.
    shown = [each for each in past if not (is_owner and each.is_drill and not each.righted_at)]
    context = {
        "session": seen,
        "is_owner": is_owner,
        "processes": {
            name: [
                (f"{deed}:{name}", word) for deed, word in VERBS.items() if (deed, name) in known
            ]
            for name in dict.fromkeys(target for deed, target in known if deed in VERBS)
        },
        "topics": [each.target for each in offered if each.does is Deed.RECORD],
        "cut_short": [each.target for each in offered if each.does is Deed.CUT_SHORT],
        "past": shown[::-1][:20],
        # Until it is done the panel asks again by itself.
        "is_moving": any(each.is_waiting for each in shown),
    }
    return render(request, "faults/_faults.html", context)


@require_POST
def cause(request: HttpRequest, session_id: str) -> HttpResponse:
    """A fault in one's own cluster; in that of somebody whom one teaches, a drill."""
    seen = get_visible_session(request.user, session_id)
    by = request.user
    wanted = request.POST.get("fault", "")
    is_drill = seen.owner_id != by.pk
    try:
        assert isinstance(by, AbstractUser)  # noqa: S101 - nobody else sees a session
        orders.cause(seen, wanted, by, is_drill=is_drill)
    except NotNow as refusal:
        return done(request, seen, "drill" if is_drill else "fault", wanted, refusal)
    if not is_drill:
        sessions.touch(seen)
    return done(request, seen, "drill" if is_drill else "fault", wanted)


@require_POST
def put_right(request: HttpRequest, session_id: str) -> HttpResponse:
    """Everything works again."""
    seen = get_visible_session(request.user, session_id)
    try:
        orders.put_right(seen)
    except NotNow as refusal:
        return done(request, seen, "put right", "", refusal)
    return done(request, seen, "put right")


@require_POST
def diagnose(request: HttpRequest, session_id: str, pk: int) -> HttpResponse:
    """What a student thinks a drill is."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    text = request.POST.get("answer", "")[:249]
    try:
        services.answer(own, pk, text)
    except NotNow as refusal:
        return done(request, own, "diagnose", text, refusal)
    return done(request, own, "diagnose", text)


def done(
    request: HttpRequest,
    session: Session,
    verb: str,
    detail: str = "",
    refusal: NotNow | None = None,
) -> HttpResponse:
    """Tell who listens. A page fetches what has changed by itself; a refusal is shown at once."""
    words = " ".join(filter(None, (detail, f"refused: {refusal}" if refusal else "")))
    acted.send(sender=Session, session=session, user=request.user, verb=verb, detail=words)
    if request.headers.get("HX-Request"):
        if refusal is None:
            return HttpResponse(status=204, headers={"HX-Trigger": "faults-changed"})
        return render(request, "faults/_refusal.html", {"refusal": refusal})
    if refusal is not None:
        messages.error(request, str(refusal))
    return redirect("activities:session", session.pk)
