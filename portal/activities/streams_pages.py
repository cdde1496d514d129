"""What the Log and Events tabs ask for besides their streams: details, records, files, sending."""

import re
from collections.abc import AsyncIterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from portal.activities import downloads, keys
from portal.activities.errands import NoAnswer, ask
from portal.activities.models import Session
from portal.activities.permissions import get_own_session, get_visible_session
from portal.activities.retrieval import Retrieval
from portal.activities.services import sessions
from portal.activities.status import SessionStatus
from portal.live import streams
from portal.naming import as_attachment

LARGEST = 2**53
HEADERS = 20
HEADER_NAME, HEADER_CONTENT = 200, 1000
"""Characters."""


@require_GET
def topics(request: HttpRequest, session_id: str) -> HttpResponse:
    """The list of topics, with one's details."""
    seen = get_visible_session(request.user, session_id)
    listed = keys.topics(seen)
    chosen = request.GET.get("topic", "")
    context = {
        "topics": [each for each in listed if not each["is_internal"]],
        "topic": next((each for each in listed if each["name"] == chosen), None),
        "name": chosen,
    }
    return render(request, "activities/_topic_details.html", context)


@require_GET
def records(request: HttpRequest, session_id: str, topic: str) -> JsonResponse:
    """Records of a partition from an offset or a time on."""
    seen = get_visible_session(request.user, session_id)
    must_have(seen, topic)
    place: dict[str, Any] = {"offset": whole(request, "offset", 0)}
    if "at" in request.GET:
        place["at"] = whole(request, "at", 0)
    place["before"] = "before" in request.GET
    try:
        return JsonResponse(
            ask(seen, "page", topic=topic, partition=whole(request, "partition", 0), **place)
        )
    except (NoAnswer, RedisError) as error:
        return JsonResponse({"error": str(error)}, status=503)


@require_POST
def produce(request: HttpRequest, session_id: str, topic: str) -> JsonResponse:
    """Send one record by hand."""
    own = get_own_session(request.user, session_id)
    must_have(own, topic)
    sessions.touch(own)
    form = request.POST
    partition = form.get("partition", "")
    try:
        sent = ask(
            own,
            "produce",
            topic=topic,
            value=None if form.get("is_null") else form.get("value", ""),
            key=form.get("key") or None,
            headers=headers(form.get("headers", "")),
            partition=int(partition) if partition.isdecimal() else None,
        )
    except (NoAnswer, RedisError, ValueError) as error:
        return JsonResponse({"error": str(error)}, status=400)
    return JsonResponse(sent)


def headers(text: str) -> list[tuple[str, str]]:
    """Headers as people write them, one a line: `name: content`. Raises ValueError."""
    given = [line for line in text.splitlines() if line.strip()]
    parts = [line.partition(":") for line in given]
    found = [(name.strip(), content.strip()) for name, _, content in parts]
    are_headers = all(
        colon and 0 < len(name) <= HEADER_NAME and len(content) <= HEADER_CONTENT
        for (_, colon, _), (name, content) in zip(parts, found, strict=True)
    )
    if len(given) > HEADERS or not are_headers:
        raise ValueError(f"Write at most {HEADERS} headers, each on a line as 'name: content'.")
    return found


@require_GET
def download(request: HttpRequest, session_id: str, stream: str) -> StreamingHttpResponse:
    """A log, a step's output or a topic as a file."""
    seen = get_visible_session(request.user, session_id)
    kind, _, name = stream.partition(":")
    if kind == "log" and name in {service.name for service in seen.spec.services}:
        return as_file(downloads.text(keys.log_key(seen, name)), f"{name}.log", "text/plain")
    run = seen.runs.filter(pk=int(name)).first() if kind == "step" and name.isdecimal() else None
    if run is not None:
        found = downloads.text(keys.step_key(seen.pk, run.pk), otherwise=run.output)
        return as_file(found, f"output-{run.pk}.txt", "text/plain")
    if kind == "topic":
        must_have(seen, name)
        return topic_file(seen, name, request.GET.get("as", ""))
    raise Http404("There is no such stream.")


def topic_file(seen: Session, topic: str, form: str) -> StreamingHttpResponse:
    """All records that Kafka has; of a cluster that is gone, those that the portal has kept."""
    partitions = keys.partitions(seen, topic)
    held = [keys.topic_key(seen, topic, each) for each in partitions]
    can_ask = seen.state is SessionStatus.READY
    found = downloads.records(held, Retrieval(seen, topic, partitions).records if can_ask else None)
    is_whole = can_ask or not any(map(streams.is_cut, held))
    name = topic if is_whole else f"{topic}-newest-only"
    if form == "csv":
        return as_file(downloads.as_csv(found), f"{name}.csv", "text/csv")
    return as_file(downloads.as_json_lines(found), f"{name}.jsonl", "application/x-ndjson")


def as_file(content: AsyncIterator[str], name: str, kind: str) -> StreamingHttpResponse:
    """An answer that a browser saves, and shows as nothing else."""
    return StreamingHttpResponse(
        content,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": as_attachment(name)},
    )


def must_have(session: Session, topic: str) -> None:
    """Raise Http404 for a topic that the session doesn't have."""
    if topic not in keys.topic_names(session):
        raise Http404("There is no such topic.")


def whole(request: HttpRequest, name: str, default: int) -> int:
    """A whole number of the address. Raises Http404."""
    given = request.GET.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,16}", given) or int(given) > LARGEST:
        raise Http404("That is no number.")
    return int(given)
