"""The pipeline board of all sessions that somebody may watch."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.models import AbstractUser
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from portal.activities.models import LIVE, Session
from portal.activities.permissions import is_watcher, watched
from portal.insights import board, services


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
    chosen = sessions(request).filter(pk__in=request.POST.getlist("session"))
    text = request.POST.get("text", "").strip()
    tell_said(request, services.hint(chosen, watcher(request), text) if text else 0)
    return redirect("insights:board")


def tell_said(request: HttpRequest, count: int) -> None:
    """How many have heard it."""
    if count:
        messages.success(request, f"Said to {count} student{'' if count == 1 else 's'}.")
    else:
        messages.error(request, "Nothing was said: write something, to somebody who is at work.")


def context(request: HttpRequest) -> dict[str, Any]:
    """What the templates need."""
    return {**board.context(sessions(request)), "hint_url": reverse("insights:hint")}


def sessions(request: HttpRequest) -> QuerySet[Session]:
    """The live sessions of others that somebody may watch. Raises Http404 for who watches none."""
    return Session.objects.filter(watched(watcher(request)), status__in=LIVE, is_rehearsal=False)


def watcher(request: HttpRequest) -> AbstractUser:
    """Whoever asks, if they may watch anybody. Raises Http404."""
    user = request.user
    if isinstance(user, AbstractUser) and is_watcher(user):
        return user
    raise Http404("There is no such page.")
