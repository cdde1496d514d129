"""The hosts that clusters run on, and their images. What is shown is what runners have reported."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.activities import orders
from portal.activities.models import Host
from portal.activities.services import draining, forgetting
from portal.activities.services.wishes import NotNow
from portal.classroom import audit
from portal.classroom.hosts import cards
from portal.classroom.permissions import permitted
from portal.release import release

WORDS = "the hosts that clusters run on are for those who run this portal."


@require_GET
@permitted("activities.view_host", words=WORDS)
def show(request: HttpRequest) -> HttpResponse:
    """Every host."""
    return render(request, "classroom/hosts.html", {"cards": cards(), "release": release()})


@require_GET
@permitted("activities.view_host", words=WORDS)
def live(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes."""
    return render(request, "classroom/_hosts.html", {"cards": cards(), "release": release()})


@require_POST
@permitted("activities.add_preparation", words=WORDS)
def prepare(request: HttpRequest, host_name: str) -> HttpResponse:
    """Have a host's images prepared by its own runner."""
    host = get_object_or_404(Host, pk=host_name)
    _, is_new = orders.prepare_images(host, request.user.get_username())
    if is_new:
        audit.record(request.user, "prepare-images", detail=host.name)
    else:
        messages.info(request, f"The images of {host.name} are being prepared already.")
    return redirect("classroom:hosts")


@require_POST
@permitted("activities.view_host", "activities.delete_host", words=WORDS)
def drain(request: HttpRequest, host_name: str) -> HttpResponse:
    """Have a host get no new sessions, or get them again."""
    is_draining = request.POST.get("drain") == "1"
    try:
        left = draining.drain(host_name, is_draining=is_draining)
    except Host.DoesNotExist:
        raise Http404 from None
    audit.record(request.user, "drain-host" if is_draining else "use-host", detail=host_name)
    if is_draining:
        told = f"{left} session{'' if left == 1 else 's'} left"
        messages.success(request, f"{host_name} gets no new sessions; {told}.")
    return redirect("classroom:hosts")


@require_POST
@permitted("activities.view_host", "activities.delete_host", words=WORDS)
def forget(request: HttpRequest, host_name: str) -> HttpResponse:
    """Take a host that won't come back off the page, and end what was placed on it."""
    try:
        ended = forgetting.forget(host_name)
    except Host.DoesNotExist:
        messages.info(request, f"There is no host {host_name} any more.")
    except NotNow as refusal:
        messages.error(request, str(refusal))
    else:
        told = f"{len(ended)} session{'' if len(ended) == 1 else 's'} ended"
        audit.record(request.user, "forget-host", detail=f"{host_name}: {told}")
        for session in ended:
            audit.record(request.user, "forget-host", session=session, detail=host_name)
        messages.success(request, f"{host_name} is forgotten; {told}.")
    return redirect("classroom:hosts")
