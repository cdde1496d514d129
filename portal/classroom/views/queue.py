"""The queue of those who want help, in all classes that somebody helps in; and which hints did."""

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.activities.permissions import WATCH
from portal.classroom import audit, queue
from portal.classroom.models import RaisedHand
from portal.classroom.permissions import (
    get_helped_session,
    get_taught_class,
    is_staff_of_any,
    may_in,
)
from portal.classroom.services import helping


def helper(request: HttpRequest) -> AbstractUser:
    """Whoever asks, if they help anywhere. Raises Http404."""
    user = request.user
    if isinstance(user, AbstractUser) and (user.has_perm(WATCH) or is_staff_of_any(user)):
        return user
    raise Http404("There is no such page.")


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The queue."""
    context = {"waiting": queue.waiting(helper(request))}
    return render(request, "classroom/queue.html", context)


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    context = {"waiting": queue.waiting(helper(request))}
    return render(request, "classroom/_queue.html", context)


@require_POST
def claim(request: HttpRequest, hand_id: int) -> HttpResponse:
    """Take one on, and go to the session; or be told that somebody else has."""
    user = helper(request)
    hand = get_object_or_404(RaisedHand, pk=hand_id)
    get_helped_session(user, hand.session_id)
    if "back" in request.POST:
        helping.give_back(hand_id, user)
        return redirect("classroom:queue")
    taken = helping.claim(hand_id, user)
    if taken is None:
        messages.warning(request, "Somebody else has taken that one on, or it is down again.")
        return redirect("classroom:queue")
    audit.record(user, "take on hand", session=taken.session)
    return redirect("activities:session", taken.session_id)


@require_GET
def hints(request: HttpRequest, class_id: int) -> HttpResponse:
    """Which hints helped: the labs' own, and those that were said."""
    klass = get_taught_class(request.user, class_id)
    context = {
        "klass": klass,
        "may": may_in(request.user, klass),
        "figures": queue.lab_hints(klass),
        "said": queue.said_hints(klass),
    }
    return render(request, "classroom/hints.html", context)
