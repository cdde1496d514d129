"""The pipeline board of all sessions that somebody may watch, or of one class."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from portal.activities.models import LIVE, Session
from portal.activities.permissions import WATCH, watched
from portal.insights import board, services

TEACH = "classroom.add_class"


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The board."""
    return render(request, "insights/board.html", context(request))


@require_GET
def live(request: HttpRequest) -> HttpResponse:
    """The part of it that changes."""
    return render(request, "insights/_board.html", context(request))


@require_POST
def hint(request: HttpRequest) -> HttpResponse:
    """Say something to the students of a group, as it was shown."""
    found = sessions(request, request.POST.get("class", ""))
    chosen = found.filter(pk__in=request.POST.getlist("session"))
    text = request.POST.get("text", "").strip()
    count = services.hint(chosen, watcher(request), text) if text else 0
    if count:
        messages.success(request, f"Said to {count} student{'' if count == 1 else 's'}.")
    else:
        messages.error(request, "Nothing was said: write something, to somebody who is at work.")
    class_id = request.POST.get("class", "")
    return redirect(reverse("insights:board") + (f"?class={class_id}" if class_id else ""))


def context(request: HttpRequest) -> dict[str, Any]:
    """What the templates need."""
    class_id = request.GET.get("class", "")
    return {**board.context(sessions(request, class_id)), "class_id": class_id}


def sessions(request: HttpRequest, class_id: str) -> QuerySet[Session]:
    """The live sessions of others that somebody may watch. Raises Http404 for who watches none."""
    found = Session.objects.filter(watched(watcher(request)), status__in=LIVE, is_rehearsal=False)
    if class_id:
        if not (class_id.isascii() and class_id.isdigit() and len(class_id) < 10):
            raise Http404("There is no such class.")
        found = found.filter(owner__memberships__klass=int(class_id))
    return found


def watcher(request: HttpRequest) -> AbstractUser:
    """Whoever asks, if they may watch anybody. Raises Http404."""
    user = request.user
    if isinstance(user, AbstractUser) and (user.has_perm(WATCH) or user.has_perm(TEACH)):
        return user
    raise Http404("There is no such page.")
