"""The results of a session: a fragment of its page, and files to take home."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from portal.activities.permissions import get_visible_session
from portal.results import export, queries
from portal.results.models import Extraction


@require_GET
def tables(request: HttpRequest, session_id: str) -> HttpResponse:
    """The newest extraction, or the one that is asked for."""
    session = get_visible_session(request.user, session_id)
    extractions = list(queries.extractions_of(session))
    wanted = number(request, "extraction")
    extraction = next((each for each in extractions if each.pk == wanted), None)
    extraction = extraction or next(iter(extractions), None)
    context: dict[str, Any] = {"session": session, "extractions": extractions}
    if extraction is not None:
        context |= {
            "extraction": extraction,
            "page": queries.rows_after(extraction, number(request, "after")),
            "union": queries.union_after(extraction, number(request, "union_after")),
        }
    return render(request, "results/_tables.html", context)


@require_GET
def download_csv(request: HttpRequest, session_id: str, pk: int) -> StreamingHttpResponse:
    """A table for a spreadsheet."""
    name, header, rows = chosen(request, session_id, pk)
    return attachment(f"{name}.csv", "text/csv; charset=utf-8", export.as_csv(header, rows))


@require_GET
def download_json(request: HttpRequest, session_id: str, pk: int) -> StreamingHttpResponse:
    """A table for a program."""
    name, header, rows = chosen(request, session_id, pk)
    lines = export.as_json_lines(header, rows)
    return attachment(f"{name}.jsonl", "application/jsonl; charset=utf-8", lines)


def chosen(
    request: HttpRequest, session_id: str, pk: int
) -> tuple[str, list[str], Iterator[list[Any]]]:
    """File name, header and rows of what is asked for; `?of=union` is the topic's records."""
    session = get_visible_session(request.user, session_id)
    extraction = get_object_or_404(Extraction, pk=pk, session=session)
    if request.GET.get("of") == "union":
        return f"{session.pk}-{pk}-all-keys", *export.union_table(extraction)
    return f"{session.pk}-{pk}", *export.own_table(extraction)


def attachment(name: str, kind: str, lines: Iterator[str]) -> StreamingHttpResponse:
    """A file to save."""
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def number(request: HttpRequest, name: str) -> int:
    """A number of the query; 0 when there is none, or it is nonsense."""
    given = request.GET.get(name, "")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
