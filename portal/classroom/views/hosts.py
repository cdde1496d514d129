"""The hosts that clusters run on, and their images. What is shown is what runners have reported."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from portal.activities import tasks
from portal.activities.models import Host
from portal.activities.services import preparing
from portal.classroom import audit
from portal.classroom.hosts import cards


@require_GET
@permission_required("activities.view_host", raise_exception=True)
def show(request: HttpRequest) -> HttpResponse:
    """Every host."""
    return render(request, "classroom/hosts.html", {"cards": cards()})


@require_GET
@permission_required("activities.view_host", raise_exception=True)
def live(request: HttpRequest) -> HttpResponse:
    """The part of the page that changes."""
    return render(request, "classroom/_hosts.html", {"cards": cards()})


@require_POST
@permission_required("activities.add_preparation", raise_exception=True)
def prepare(request: HttpRequest, host_name: str) -> HttpResponse:
    """Have a host's images prepared by its own runner."""
    host = get_object_or_404(Host, pk=host_name)
    preparation, is_new = preparing.request(host, request.user.get_username())
    if is_new:
        tasks.enqueue_on(host.name, tasks.prepare_images, preparation.pk)
        audit.record(request.user, "prepare-images", detail=host.name)
    else:
        messages.info(request, f"The images of {host.name} are being prepared already.")
    return redirect("classroom:hosts")
