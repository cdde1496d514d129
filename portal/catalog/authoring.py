"""What is done with a lab's versions: preview, changes, zip in and out, publish and retire."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_http_methods, require_POST

from portal.catalog import changes, folders, services
from portal.catalog.models import Lab, LabVersion
from portal.catalog.signals import lab_changed
from portal.engine.lab.problems import LabInvalid
from portal.naming import as_attachment

if TYPE_CHECKING:
    OfLab = admin.ModelAdmin[Lab]
    OfLabVersion = admin.ModelAdmin[LabVersion]
else:  # Django's own take no type arguments when they run.
    OfLab = OfLabVersion = admin.ModelAdmin

DEEDS = {
    "publish": ("publish", services.publish),
    "retire": ("publish", services.retire),
    "hand-in": ("change", services.hand_in),
}
"""What is done with a version: the permission that it takes, and how."""


class ImportForm(forms.Form):
    """A zip of a lab's folder."""

    file = forms.FileField(
        label="Zip of the folder",
        widget=forms.FileInput({"data-most": folders.MOST_BYTES}),
        help_text=f"At most {folders.MOST_BYTES >> 20} MB.",
    )


def get_version(request: HttpRequest, version_id: int, permission: str) -> LabVersion:
    """The version, for an admin who may do that. Raises Http404 or PermissionDenied."""
    if not request.user.has_perm(f"catalog.{permission}_labversion"):
        raise PermissionDenied
    return get_object_or_404(LabVersion.objects.select_related("lab"), pk=version_id)


def to_version(version: LabVersion) -> HttpResponse:
    """To the version's page, where it is written."""
    return redirect("catalog:edit", version.pk)


class VersionPages(OfLabVersion):
    """What a version's page leads to."""

    change_form_template = "admin/catalog/labversion/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own, which would take the names for keys."""
        wrap = self.admin_site.admin_view
        pages = [
            path("<int:version_id>/preview/", wrap(preview), name="catalog_labversion_preview"),
            path(
                "<int:version_id>/changes/", wrap(show_changes), name="catalog_labversion_changes"
            ),
            path("<int:version_id>/export/", wrap(export), name="catalog_labversion_export"),
            path("<int:version_id>/copy/", wrap(copy), name="catalog_labversion_copy"),
            path("<int:version_id>/do/<slug:deed>/", wrap(do), name="catalog_labversion_do"),
        ]
        return [*pages, *super().get_urls()]


def tell(request: HttpRequest, verb: str, version: LabVersion) -> None:
    """Have whoever keeps account know what was done to a lab."""
    lab_changed.send(sender=LabVersion, user=request.user, verb=verb, detail=str(version))


def others(version: LabVersion) -> list[LabVersion]:
    """The lab's other versions, newest first."""
    return list(version.lab.versions.exclude(pk=version.pk).select_related("lab"))


@require_http_methods(["GET"])
def preview(request: HttpRequest, version_id: int) -> HttpResponse:
    """The lab as a student will read it."""
    version = get_version(request, version_id, "view")
    try:
        spec = services.read_version(version)
    except LabInvalid as error:
        context = {"version": version, "problems": error.problems}
        return render(request, "catalog/preview.html", context, status=422)
    return render(request, "catalog/preview.html", {"version": version, "lab": spec})


@require_http_methods(["GET"])
def show_changes(request: HttpRequest, version_id: int) -> HttpResponse:
    """What differs from another version; from the one before, if none is chosen."""
    version = get_version(request, version_id, "view")
    choice = request.GET.get("from", "")
    candidates = others(version)
    earlier = next((each for each in candidates if each.number < version.number), None)
    other = next((each for each in candidates if str(each.pk) == choice), earlier)
    context = {
        "version": version,
        "other": other,
        "candidates": candidates,
        "files": changes.between(other, version) if other else [],
    }
    return render(request, "catalog/changes.html", context)


@require_http_methods(["GET"])
def export(request: HttpRequest, version_id: int) -> HttpResponse:
    """The version as a zip of its folder."""
    version = get_version(request, version_id, "view")
    tell(request, "export lab", version)
    response = HttpResponse(folders.zip_of(version), content_type="application/zip")
    name = f"{version.lab.name}-{version.number}.zip"
    response["Content-Disposition"] = as_attachment(name)
    return response


@require_POST
def copy(request: HttpRequest, version_id: int) -> HttpResponse:
    """A draft that says the same."""
    draft = services.draft_from(get_version(request, version_id, "add"))
    tell(request, "copy lab", draft)
    messages.success(request, f"Made {draft}, a draft.")
    return to_version(draft)


@require_POST
def do(request: HttpRequest, version_id: int, deed: str) -> HttpResponse:
    """Publish or retire; or hand in, for those who may do neither."""
    if deed not in DEEDS:
        raise PermissionDenied
    permission, carry_out = DEEDS[deed]
    version = get_version(request, version_id, permission)
    try:
        carry_out(version)
    except LabInvalid as error:
        messages.error(request, f"Not {'handed in' if deed == 'hand-in' else 'published'}. {error}")
    else:
        tell(request, deed, version)
        messages.success(request, f"{version} is {version.status}.")
    return to_version(version)


class LabPages(OfLab):
    """What the list of labs leads to."""

    change_list_template = "admin/catalog/lab/change_list.html"

    def get_urls(self) -> list[URLPattern]:
        """Before Django's own."""
        wrap = self.admin_site.admin_view
        page = path("import/", wrap(import_folder), name="catalog_lab_import")
        return [page, *super().get_urls()]


@require_http_methods(["GET", "POST"])
def import_folder(request: HttpRequest) -> HttpResponse:
    """A zip becomes a draft, or is told what is wrong with it, line by line."""
    if not request.user.has_perm("catalog.add_labversion"):
        raise PermissionDenied
    form = ImportForm(request.POST or None, request.FILES or None)
    context: dict[str, Any] = {"form": form, "back": reverse("catalog:drafting")}
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data["file"].read(folders.MOST_BYTES + 1)
            version = folders.add_draft(folders.read_zip(data))
        except (LabInvalid, folders.NoFolder) as error:
            context["problems"] = folders.as_problems(error)
        else:
            tell(request, "import lab", version)
            messages.success(request, f"Made {version}, a draft.")
            return to_version(version)
    return render(request, "catalog/import.html", context)
