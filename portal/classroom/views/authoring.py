"""An author tries a version: on a real cluster, watched on the session's own page; or at home."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from portal.activities import home, orders
from portal.catalog import services as catalog
from portal.catalog.models import LabVersion
from portal.classroom import audit
from portal.engine.lab.problems import LabInvalid


@require_POST
def try_version(request: HttpRequest, version_id: int) -> HttpResponse:
    """Launch a rehearsal of it, whatever its status."""
    if not request.user.has_perm("catalog.change_labversion") or request.user.pk is None:
        raise PermissionDenied
    version = get_object_or_404(LabVersion.objects.select_related("lab"), pk=version_id)
    try:
        catalog.read_version(version)
    except LabInvalid:
        return redirect("admin:catalog_labversion_preview", version.pk)
    session = orders.rehearse(request.user.pk, version)
    audit.record(request.user, "test-run", session=session, detail=str(version))
    return redirect("activities:session", session.pk)


@require_GET
def take_home(request: HttpRequest, version_id: int) -> HttpResponse:
    """Any version as what a student takes home, a draft too."""
    if not request.user.has_perm("catalog.view_labversion"):
        raise PermissionDenied
    return home.download(get_object_or_404(LabVersion.objects.select_related("lab"), pk=version_id))
