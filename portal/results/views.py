"""The results of a session: parts of its page, a page of their own, and files to take home."""

from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST
from duckdb import ConversionException

from portal import panels
from portal.activities.models import Session
from portal.activities.permissions import get_visible_session
from portal.naming import as_attachment
from portal.panels import Place
from portal.results import address, compare, export, lineage, pages, queries, sql, sweep
from portal.results.browse import BadChoice
from portal.results.models import Extraction
from portal.results.store import RowsAway, RowsGone

TABLES = {"own": "", "records": "-all-keys"}
NO_CHANGE = 204
AWAY = 503


@require_GET
def tables(request: HttpRequest, session_id: str) -> HttpResponse:
    """The newest extraction, or the one that is asked for.

    A page that has the newest already says so, and keeps what its reader has sorted and filtered.
    """
    session = get_visible_session(request.user, session_id)
    extractions = list(queries.extractions_of(session))
    if extractions and address.whole(request.GET.get("have", "")) == extractions[0].pk:
        return HttpResponse(status=NO_CHANGE)
    wanted = address.whole(request.GET.get("extraction", ""))
    chosen = next((each for each in extractions if each.pk == wanted), None)
    chosen = chosen or next(iter(extractions), None)
    context: dict[str, Any] = {"session": session, "extractions": extractions}
    if chosen is not None:
        context |= pages.extraction(chosen)
    return part(request, session, "results/_tables.html", context)


@require_GET
def table(request: HttpRequest, session_id: str, pk: int, table: str) -> HttpResponse:
    """One table of an extraction, as its reader wants to see it."""
    session, extraction = find(request, session_id, pk)
    if table not in TABLES:
        raise Http404
    context = pages.table(extraction, address.view_in(request.GET, table))
    return part(request, session, "results/_table.html", context)


@require_GET
def row(request: HttpRequest, session_id: str, pk: int, table: str, number: int) -> HttpResponse:
    """Where a row came from."""
    session, extraction = find(request, session_id, pk)
    try:
        origin = lineage.origin(extraction, table, number) if table in TABLES else None
    except RowsGone:
        origin = None
    if origin is None:
        raise Http404("There is no such row.")
    context = {"extraction": extraction, "number": number, "table": table, "origin": origin}
    context["pieces"] = panels.shown(Place.ROW_ORIGIN, origin)
    return part(request, session, "results/_origin.html", context)


@require_POST
def query(request: HttpRequest, session_id: str, pk: int) -> HttpResponse:
    """SQL that somebody typed."""
    session, extraction = find(request, session_id, pk)
    text = request.POST.get("sql", "")
    try:
        answer = sql.ask(extraction, text, request.user.pk)
    except RowsGone as gone:
        answer = sql.Answer(error=gone.words)
    context = {"extraction": extraction, "answer": answer, "sql": text}
    return part(request, session, "results/_answer.html", context)


@require_GET
def comparison(request: HttpRequest, session_id: str) -> HttpResponse:
    """Two extractions side by side; the two newest, if nobody chose."""
    session = get_visible_session(request.user, session_id)
    found = list(queries.extractions_of(session))
    by_pk = {str(each.pk): each for each in found}
    right = by_pk.get(request.GET.get("right", "")) or next(iter(found), None)
    left = by_pk.get(request.GET.get("left", "")) or next(iter(found[1:]), right)
    if left is None or right is None:
        raise Http404("There is nothing to compare yet.")
    context = {"extractions": found, "comparison": compare.compare(left, right)}
    return part(request, session, "results/_compare.html", context)


@require_GET
def download(request: HttpRequest, session_id: str, pk: int, kind: str) -> HttpResponseBase:
    """A table as a file, all of it or what matches the filters of its address.

    `?of=records` is the topic's records with all their keys.
    """
    session, extraction = find(request, session_id, pk)
    of = "records" if request.GET.get("of") == "records" else "own"
    filters = pages.told(address.view_in(request.GET, of), extraction)
    name = f"{session.pk}-{pk}{TABLES[of]}{'-filtered' if filters else ''}.{kind}"
    try:
        if kind == "parquet":
            return FileResponse(
                export.as_parquet(extraction, of, filters), as_attachment=True, filename=name
            )
        header, rows = export.tables[of](extraction, filters)
        return attachment(name, export.TYPES[kind], export.WRITERS[kind](header, rows))
    except RowsAway as away:
        return HttpResponse(away.words, status=AWAY, content_type="text/plain; charset=utf-8")
    except RowsGone as gone:
        raise Http404(gone.words) from None
    except (BadChoice, ConversionException) as choice:
        words = choice if isinstance(choice, BadChoice) else "These values can't be compared."
        return HttpResponse(str(words), status=400, content_type="text/plain; charset=utf-8")


def find(request: HttpRequest, session_id: str, pk: int) -> tuple[Session, Extraction]:
    """An extraction of a session that the reader may see. Raises Http404."""
    session = get_visible_session(request.user, session_id)
    found = queries.extractions_of(session)
    sweep.folder_now_and_then()  # Of what was erased elsewhere, this host may have a copy.
    return session, get_object_or_404(found, pk=pk)


def part(
    request: HttpRequest, session: Session, template: str, context: dict[str, Any]
) -> HttpResponse:
    """A part for htmx to put in its place; by itself, a page around it."""
    context = {**context, "session": session}
    if request.headers.get("HX-Request"):
        return render(request, template, context)
    return render(request, "results/page.html", {**context, "part": template})


def attachment(name: str, kind: str, lines: Iterator[str]) -> StreamingHttpResponse:
    """A file to save."""
    response = StreamingHttpResponse(lines, content_type=kind)
    response["Content-Disposition"] = as_attachment(name)
    response["X-Content-Type-Options"] = "nosniff"
    return response
