"""Addresses that only take what a form sends: whoever opens one is told so, and where to go."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve

NOT_ALLOWED = 405


def say_where(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Middleware: a person who opens such an address gets a page. Programs get what they got."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_read = request.method in ("GET", "HEAD") and "text/html" in request.headers.get(
            "Accept", ""
        )
        if response.status_code != NOT_ALLOWED or not is_read:
            return response
        page = render(request, "405.html", {"above": above(request.path)}, status=NOT_ALLOWED)
        page["Allow"] = response["Allow"]
        return page

    return middleware


def above(path: str) -> str:
    """The nearest address above a path that there is."""
    while path != "/":
        path = path.rstrip("/").rpartition("/")[0] + "/"
        try:
            resolve(path)
        except Resolver404:
            continue
        return path
    return path
