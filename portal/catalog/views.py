"""Pages of labs. That one has to be logged in is the middleware's doing."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from portal.catalog import queries


def index(request: HttpRequest) -> HttpResponse:
    """The labs that can be launched."""
    return render(request, "catalog/index.html", {"versions": queries.published_labs()})


def lab(request: HttpRequest, name: str) -> HttpResponse:
    """What a lab is about, and its steps."""
    version = queries.latest_version(name)
    if version is None or not queries.is_readable(version):
        raise Http404("There is no such lab.")
    return render(request, "catalog/lab.html", {"version": version, "lab": version.spec})
