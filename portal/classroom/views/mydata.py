"""What is kept of somebody and why; theirs to download, and to have erased."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.classroom import audit, mydata
from portal.classroom.limits import WAIT, Limit
from portal.classroom.models import Class, User
from portal.classroom.services import erasing
from portal.naming import as_attachment

DOWNLOADS = Limit("my-data", most=6, seconds=600)
ERASURES = Limit("erase-me", most=10, seconds=600)


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """What is kept, why, and for how long."""
    user = cast(User, request.user)
    context = {
        "classes": Class.objects.filter(memberships__user=user),
        "keeps_grades": settings.KEEP_GRADES,
        "keep_days": settings.KEEP_DAYS,
        "stream_minutes": settings.STREAM_GRACE_SECONDS // 60,
        "why_not": erasing.why_not(user),
    }
    return render(request, "classroom/my_data.html", context)


@never_cache
@require_POST
def download(request: HttpRequest) -> HttpResponseBase:
    """All of it, as a zip."""
    user = cast(User, request.user)
    if audit.refuses(DOWNLOADS, str(user.pk), user, "download refused"):
        messages.error(request, WAIT)
        return redirect("classroom:my_data")
    audit.record(user, "download my data")
    response = FileResponse(mydata.zip_of(user), content_type="application/zip")
    response["Content-Disposition"] = as_attachment(f"sluice-{user.username}.zip")
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Ask, and have it proved that it is them; then forget them."""
    user = cast(User, request.user)
    context = {
        "sessions": user.lab_sessions.count(),
        "keeps_grades": settings.KEEP_GRADES,
        "why_not": erasing.why_not(user),
    }
    if request.method == "GET":
        return render(request, "classroom/erase.html", context)
    if audit.refuses(ERASURES, str(user.pk), user, "erasure refused"):
        return render(request, "classroom/erase.html", {**context, "wrong": WAIT}, status=429)
    if wrong := not_proved(request, user):
        return render(request, "classroom/erase.html", {**context, "wrong": wrong})
    try:
        erasing.erase(user)
    except erasing.NotErased as refusal:
        return render(request, "classroom/erase.html", {**context, "wrong": str(refusal)})
    logout(request)
    said = "You are forgotten here. What still ran is being ended, and then goes too."
    messages.success(request, said)
    return redirect("login")


def not_proved(request: HttpRequest, user: User) -> str:
    """What is wrong with the proof that it is them who asks; nothing if it is right."""
    if request.POST.get("username", "").strip() != user.username:
        return "That is not your username. Type it as it stands above."
    if user.has_usable_password() and not user.check_password(request.POST.get("password", "")):
        return "That is not your password."
    return ""
