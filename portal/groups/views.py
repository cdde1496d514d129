"""The panel of a session's consumer groups."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST
from redis.exceptions import RedisError

from portal.activities.errands import NoAnswer, ask
from portal.activities.permissions import get_own_session, get_visible_session
from portal.activities.services import sessions
from portal.activities.signals import acted
from portal.activities.status import SessionStatus
from portal.engine import groups as engine
from portal.groups import reading

ERRAND = "groups.reset"
FIELDS = ("group", "topic", "to", "value")


@require_GET
def show(request: HttpRequest, session_id: str) -> HttpResponse:
    """The groups as they are; asking keeps them read."""
    seen = get_visible_session(request.user, session_id)
    groups = None
    try:
        if seen.state is SessionStatus.READY:
            groups = reading.watch(seen)
    except RedisError:
        pass  # What is there comes with the next look.
    context = {"session": seen, "groups": groups}
    return render(request, "groups/_groups.html", context)


@require_POST
def reset(request: HttpRequest, session_id: str) -> HttpResponse:
    """Set a group back by Kafka's own command, and show it."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    given = {name: request.POST.get(name, "").strip()[:300] for name in FIELDS}
    detail = " ".join(given.values())
    try:
        engine.reset_argv(own.spec.broker_address, **given)
        context: dict[str, object] = {"answer": ask(own, ERRAND, **given)}
    except (NoAnswer, engine.NoReset, RedisError) as refusal:
        context = {"refusal": refusal}
    acted.send(sender=type(own), session=own, user=request.user, verb="reset group", detail=detail)
    return render(request, "groups/_answer.html", context)
