"""Pages of labs. That one has to be logged in is the middleware's doing."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portal import panels
from portal.catalog import images, offering, queries
from portal.catalog.models import Picture
from portal.catalog.offering import Offer
from portal.catalog.schema import lab_schema
from portal.panels import Place


def index(request: HttpRequest) -> HttpResponse:
    """The labs that can be launched."""
    missing = images.unfetched()
    shelves = [
        {"title": shelf.title, "cards": [card_of(offer, missing) for offer in shelf.offers]}
        for shelf in offering.shelves(request.user)
    ]
    context = {"shelves": shelves, "pieces": panels.shown(Place.LABS)}
    return render(request, "catalog/index.html", context)


def card_of(offer: Offer, missing: frozenset[str]) -> dict[str, Any]:
    """What a lab's card and its page show of how it is begun, or why it can't be."""
    version = offer.version
    start = panels.shown(Place.LAB_START, version) if offer.is_open else []
    lacks = images.lacking(version.spec, missing) if queries.is_readable(version) else []
    return {"version": version, "start": start, "notes": offer.notes, "lacks": lacks}


def lab(request: HttpRequest, name: str) -> HttpResponse:
    """What a lab is about, and its steps."""
    offer = offering.offer_of(request.user, name)
    if offer is None or not queries.is_readable(offer.version):
        raise Http404("There is no such lab.")
    version = offer.version
    context = {
        **card_of(offer, images.unfetched()),
        "lab": version.spec,
        "aside": panels.shown(Place.LAB_ASIDE, version),
    }
    return render(request, "catalog/lab.html", context)


@require_GET
def picture(request: HttpRequest, digest: str, kind: str) -> HttpResponse:
    """A picture of a lab, as a picture and nothing else. Its address says what it is for ever."""
    found = get_object_or_404(Picture, pk=digest, kind=kind)
    response = HttpResponse(bytes(found.data), content_type=f"image/{found.kind}")
    response["Cache-Control"] = "private, max-age=31536000, immutable"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response


@login_not_required
@require_GET
def schema(request: HttpRequest) -> HttpResponse:
    """The JSON Schema of lab.yaml. An author's editor fetches it, and has no login."""
    return JsonResponse(lab_schema(), json_dumps_params={"indent": 2})
