"""Pages of labs. That one has to be logged in is the middleware's doing."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from portal.catalog import queries
from portal.catalog.schema import lab_schema


def index(request: HttpRequest) -> HttpResponse:
    """The labs that can be launched."""
    return render(request, "catalog/index.html", {"versions": queries.published_labs()})


def lab(request: HttpRequest, name: str) -> HttpResponse:
    """What a lab is about, and its steps."""
    version = queries.latest_version(name)
    if version is None or not queries.is_readable(version):
        raise Http404("There is no such lab.")
    return render(request, "catalog/lab.html", {"version": version, "lab": version.spec})


@login_not_required
@require_GET
def schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of lab.yaml. An author's editor fetches it, and has no login."""
    return JsonResponse(lab_schema(), json_dumps_params={"indent": 2})
