"""Getting into a class: by a code, by a guest link; and a whole roster at once."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.activities import orders
from portal.activities.permissions import WATCH
from portal.activities.services.wishes import NotNow
from portal.catalog.queries import latest_version
from portal.classroom import audit
from portal.classroom.forms import JoinForm, RosterForm
from portal.classroom.limits import WAIT, Limit
from portal.classroom.models import Right, User
from portal.classroom.permissions import get_taught_class
from portal.classroom.services import joining, roster
from portal.classroom.services.joining import NoEntry

JOINS = Limit("join", most=10, seconds=600)
GUESTS = Limit("guest", most=40, seconds=600)
"""A whole room may come from one address, so guests of one address may be a few more."""


def address_of(request: HttpRequest) -> str:
    """Where a request comes from, as the server knows it: no header that a client can make up."""
    return str(request.META.get("REMOTE_ADDR", ""))


@require_http_methods(["GET", "POST"])
def join(request: HttpRequest, code: str = "") -> HttpResponse:
    """Type a code, or follow a link that has it; joining is always a click."""
    form = JoinForm(request.POST or None, initial={"code": code})
    if request.method == "POST" and form.is_valid():
        who = str(request.user.pk)
        if audit.refuses(JOINS, who, request.user, "join refused"):
            return render(request, "classroom/join.html", {"form": form, "wait": WAIT}, status=429)
        try:
            klass = joining.join(cast(User, request.user), form.cleaned_data["code"])
        except NoEntry as refusal:
            form.add_error("code", str(refusal))
        else:
            audit.record(request.user, "join class", klass=klass)
            messages.success(request, f"You are in {klass.name}.")
            return redirect("catalog:index")
    return render(request, "classroom/join.html", {"form": form})


@login_not_required
@require_http_methods(["GET", "POST"])
def guest(request: HttpRequest, code: str) -> HttpResponse:
    """Try a class's lab without a login. The click makes a guest; a robot's GET makes nothing."""
    if request.user.is_authenticated:
        return redirect("catalog:index")
    if request.method == "GET":
        return render(request, "classroom/guest.html", {"code": code})
    where = address_of(request)
    if audit.refuses(GUESTS, where, None, "guest refused", f"from {where}"):
        return render(request, "classroom/guest.html", {"code": code, "trouble": WAIT}, status=429)
    try:
        user, klass = joining.admit_guest(code)
    except NoEntry as refusal:
        context = {"code": code, "trouble": str(refusal)}
        return render(request, "classroom/guest.html", context, status=404)
    login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
    audit.record(user, "come as guest", klass=klass)
    version = latest_version(klass.lab.name) if klass.lab else None
    if version is None:
        return redirect("catalog:index")
    try:
        session, _ = orders.launch(user.pk, version)
    except NotNow as refusal:
        messages.error(request, str(refusal))
        return redirect("catalog:index")
    return redirect("activities:session", session.pk)


@require_POST
def import_roster(request: HttpRequest, class_id: int) -> HttpResponse:
    """Preview a roster; nothing is done before it is confirmed, and never a bad one."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    form = RosterForm(request.POST, request.FILES)
    context: dict[str, object] = {"klass": klass, "form": form}
    if not form.is_valid():
        return render(request, "classroom/roster.html", context)
    try:
        file = form.cleaned_data["file"]
        text = (
            roster.decode(file.read(roster.MOST_BYTES + 1)) if file else form.cleaned_data["text"]
        )
        judged = roster.read(text, klass, takes_anybody=request.user.has_perm(WATCH))
    except roster.RosterUnreadable as error:
        return render(request, "classroom/roster.html", {**context, "trouble": str(error)})
    if "confirm" in request.POST and judged.is_good:
        count = roster.import_roster(judged, klass)
        audit.record(request.user, "import roster", klass=klass, detail=f"{count} people")
        messages.success(request, f"{count} people are in the class now.")
        return redirect("classroom:people", klass.pk)
    return render(request, "classroom/roster.html", {**context, "roster": judged})
