"""The panel of a session's streaming queries."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from portal.activities.errands import NoAnswer, ask
from portal.activities.permissions import get_own_session, get_visible_session
from portal.activities.services import sessions
from portal.activities.signals import acted
from portal.activities.status import SessionStatus
from portal.engine import streaming
from portal.streaming import reading

ERRAND = "streaming.stop"
LONGEST = 300


@require_GET
def show(request: HttpRequest, session_id: str) -> HttpResponse:
    """The queries as they are; asking keeps them read."""
    seen = get_visible_session(request.user, session_id)
    found = None
    try:
        if seen.state is SessionStatus.READY:
            found = reading.watch(seen)
    except RedisError:
        pass  # What is there comes with the next look.
    context = {"session": seen, "found": found, "is_owner": seen.owner_id == request.user.pk}
    return render(request, "streaming/_queries.html", context)


@require_POST
def stop(request: HttpRequest, session_id: str) -> HttpResponse:
    """End a query as pyspark's own `stop()` does, and say so."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    name, run = (request.POST.get(each, "")[:LONGEST] for each in ("name", "run"))
    try:
        if not streaming.is_run(run):
            raise NoAnswer("Choose one of the queries that are shown.")
        context: dict[str, object] = {"answer": ask(own, ERRAND, name=name, run=run)}
    except (NoAnswer, RedisError) as refusal:
        context = {"refusal": refusal}
    acted.send(
        sender=type(own), session=own, user=request.user, verb="stop query", detail=name or run
    )
    return render(request, "streaming/_answer.html", context)
