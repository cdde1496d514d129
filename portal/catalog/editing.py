"""The pages on which labs are written: drafts, and an editor of one."""

import json
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal import panels
from portal.catalog import drafts, pictures
from portal.catalog.authoring import get_version, others, tell
from portal.catalog.models import Lab, LabVersion
from portal.catalog.writing import CannotBegin
from portal.engine.lab.beside import DEFINITION
from portal.engine.lab.pictures import MAX_BYTES
from portal.panels import Place

SHOWN = 5
"""Versions of a lab in the list; the page of changes has all."""


class BeginForm(forms.Form):
    """A new lab's name."""

    name = forms.CharField(max_length=40, help_text="Its address: small letters, digits, - and _.")


@require_http_methods(["GET", "POST"])
def drafting(request: HttpRequest) -> HttpResponse:
    """Every lab with its newest versions; and a new lab."""
    if not request.user.has_perm("catalog.view_labversion"):
        raise PermissionDenied("it is for those who write labs.")
    form = BeginForm(request.POST or None)
    if request.method == "POST" and not request.user.has_perm("catalog.add_labversion"):
        raise PermissionDenied("it is for those who write labs.")
    if request.method == "POST" and form.is_valid():
        try:
            version = drafts.begin(form.cleaned_data["name"])
        except CannotBegin as refusal:
            form.add_error("name", str(refusal))
        else:
            tell(request, "draft lab", version)
            return redirect("catalog:edit", version.pk)
    labs = [(lab, list(lab.versions.all()[:SHOWN])) for lab in Lab.objects.all()]
    return render(request, "catalog/drafting.html", {"labs": labs, "form": form})


@require_GET
def edit(request: HttpRequest, version_id: int) -> HttpResponse:
    """The editor of a draft. What can't change any more is read in it."""
    version = get_version(request, version_id, "view")
    may_write = version.is_open and request.user.has_perm("catalog.change_labversion")
    context = {
        "version": version,
        "text": as_sent(version) | {"isOpen": may_write},
        "may_write": may_write,
        "pictures": reverse("catalog:picture", args=["digest", "kind"]).removesuffix("digest.kind"),
        "others": others(version),
        "tools": panels.shown(Place.VERSION_TOOLS, version),
        "deeds": panels.shown(Place.VERSION_DEEDS, version),
        "notes": panels.shown(Place.VERSION_NOTES, version),
        "styles": panels.styles(panels.pieces(Place.STEP_PREVIEW)),
    }
    return render(request, "catalog/edit.html", context)


def as_sent(version: LabVersion) -> dict[str, Any]:
    """A draft's texts by path, and the word for them."""
    source, files = version.written
    return {"base": drafts.base_of(version), "files": {DEFINITION: source, **files}}


@require_POST
def save(request: HttpRequest, version_id: int) -> JsonResponse:
    """Keep what somebody has written. 409 with what is there where that is not what they saw."""
    version = get_version(request, version_id, "change")
    try:
        data = asked(request)
        folder = drafts.folder_in(data.get("files"))
        kept = drafts.keep(version.pk, folder, str(data.get("base")))
    except drafts.Overtaken as refusal:
        version.refresh_from_db()
        return JsonResponse({"said": str(refusal), "newest": as_sent(version)}, status=409)
    except drafts.NotKept as refusal:
        return JsonResponse({"said": str(refusal)}, status=422)
    return JsonResponse({"base": drafts.base_of(kept)})


@require_POST
def add_picture(request: HttpRequest, version_id: int) -> JsonResponse:
    """Keep a picture, and say what stands for it among the texts of a draft."""
    version = get_version(request, version_id, "change")
    file = request.FILES.get("file")
    try:
        if file is None or not version.is_open:
            raise ValueError("can't be added to this version")
        return JsonResponse({"text": pictures.keep(file.read(MAX_BYTES + 1))})
    except ValueError as error:
        return JsonResponse({"said": str(error)}, status=422)


@require_POST
def check(request: HttpRequest, version_id: int) -> JsonResponse:
    """What is wrong with a text that is being written, and how the page of a step will look."""
    version = get_version(request, version_id, "change")
    try:
        data = asked(request)
        folder = drafts.folder_in(data.get("files"))
    except drafts.NotKept as refusal:
        return JsonResponse({"said": str(refusal)}, status=422)
    reading = drafts.read(folder, version.lab)
    faults = [
        {"path": path, "line": each.line, "column": each.column, "said": in_words(each)}
        for path, each in reading.faults
    ]
    page = None
    if reading.spec is not None:
        number = data.get("step")
        at = number if isinstance(number, int) and 0 <= number < len(reading.spec.steps) else 0
        written = LabVersion(lab=version.lab, source=folder.source, files=folder.files)
        subject = (reading.spec, reading.spec.steps[at].id, written)
        shown = panels.shown(Place.STEP_PREVIEW, subject)
        page = render_to_string("catalog/_step_preview.html", {"pieces": shown}, request)
    return JsonResponse({"faults": faults, "preview": page})


def in_words(problem: Any) -> str:
    """A problem without its place, which the editor shows."""
    return f"{problem.key}: {problem.message}" if problem.key else str(problem.message)


def asked(request: HttpRequest) -> dict[str, Any]:
    """What an editor sends. Raises NotKept if it is none of its messages."""
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise drafts.NotKept("That is no lab's folder.")
    return data
