"""Pages and buttons of sessions. Each authorises, reads a form, and orders or calls a service."""

import json
import re
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from portal.activities import listing, mending, orders, pages, progress
from portal.activities.models import Session
from portal.activities.permissions import (
    WATCH,
    get_own_session,
    get_visible_session,
    visible_sessions,
)
from portal.activities.services import code as files
from portal.activities.services import sessions, steps
from portal.activities.services.wishes import NotNow
from portal.activities.signals import acted
from portal.catalog import syntax
from portal.catalog.models import LabVersion
from portal.engine.pasted import Pasted

LIVE = "activities/_live.html"
"""The parts of the page that change."""


@require_POST
def launch(request: HttpRequest) -> HttpResponse:
    """Launch a lab, or go to the session of it that is live."""
    chosen = request.POST.get("version", "")
    if not re.fullmatch(r"[0-9]{1,18}", chosen):
        raise Http404("That is no version of a lab.")
    version = get_object_or_404(LabVersion, pk=chosen)
    if not version.is_published:
        raise Http404("This version of the lab can't be launched any more.")
    try:
        session, is_new = orders.launch(user_id(request), version)
    except NotNow as refusal:
        messages.error(request, str(refusal))
        return redirect("catalog:index")
    if is_new:
        note(request, session)
    return redirect("activities:session", session.pk)


def user_id(request: HttpRequest) -> int:
    """Who asks; the login middleware lets nobody else come this far."""
    if request.user.pk is None:
        raise PermissionDenied
    return request.user.pk


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """A student's sessions, and those that one may watch."""
    found = list(
        visible_sessions(request.user).order_by("-created_at").prefetch_related("attempts")[:100]
    )
    others = any(each.owner_id != user_id(request) for each in found)
    watches_all = others or request.user.has_perm(WATCH)
    context = {**listing.of(found), "watches_all": watches_all}
    return render(request, "activities/mine.html", context)


@require_GET
def session(request: HttpRequest, session_id: str) -> HttpResponse:
    """The session page."""
    seen = get_visible_session(request.user, session_id)
    if seen.owner_id == request.user.pk:
        sessions.touch(seen)
        orders.wake(seen)
    else:
        note(request, seen)
        orders.come(seen)
    return render(request, "activities/session.html", page(request, seen))


@require_GET
def live(request: HttpRequest, session_id: str) -> HttpResponse:
    """The parts of the page that change, for htmx to put in place."""
    seen = get_visible_session(request.user, session_id)
    return render(request, LIVE, page(request, seen))


def note(request: HttpRequest, seen: Session, detail: str = "") -> None:
    """Tell whoever keeps account what was done, by the address's name."""
    verb = request.resolver_match.url_name if request.resolver_match else ""
    acted.send(sender=Session, session=seen, user=request.user, verb=verb, detail=detail)


def page(request: HttpRequest, seen: Session, step_id: str = "") -> dict[str, Any]:
    """The page's context, from what the address or the form says of step and tab."""
    chosen = request.POST if request.method == "POST" else request.GET
    return pages.context(
        seen,
        step_id=step_id or chosen.get("step", ""),
        tab=chosen.get("tab", ""),
        is_owner=seen.owner_id == request.user.pk,
    )


def answer(
    request: HttpRequest, seen: Session, *, step_id: str = "", refusal: NotNow | None = None
) -> HttpResponse:
    """What a button gets: the changed parts, and why not where a wish can't be granted."""
    note(request, seen, " ".join(filter(None, (step_id, f"refused: {refusal}" if refusal else ""))))
    return shown(request, seen, step_id=step_id, refusal=refusal)


def shown(
    request: HttpRequest, seen: Session, *, step_id: str = "", refusal: NotNow | None = None
) -> HttpResponse:
    """The page, or the parts of it that change."""
    seen.refresh_from_db()
    if request.headers.get("HX-Request"):
        context = {**page(request, seen, step_id), "refusal": refusal}
        return render(request, LIVE, context)
    if refusal is not None:
        messages.error(request, str(refusal))
    address = reverse("activities:session", args=[seen.pk])
    return redirect(f"{address}?step={step_id}" if step_id else address)


@require_POST
def run_step(request: HttpRequest, session_id: str, step_id: str) -> HttpResponse:
    """Run a step with what the student chose."""
    own = get_own_session(request.user, session_id)
    if step_id not in {step.id for step in own.spec.steps}:
        raise Http404("This lab has no such step.")
    sessions.touch(own)
    step = own.spec.step(step_id)
    try:
        if step.run.serves and request.POST.get("action") == "restart":
            orders.restart_step(own, step)
        else:
            orders.run_step(own, step, request.POST.dict())
    except NotNow as refusal:
        return answer(request, own, step_id=step_id, refusal=refusal)
    return answer(request, own, step_id=step_id)


@require_POST
def typed(request: HttpRequest, session_id: str, step_id: str) -> JsonResponse:
    """The command lines that running a step with this choice stands for; or why it can't be had."""
    own = get_own_session(request.user, session_id)
    if step_id not in {step.id for step in own.spec.steps}:
        raise Http404("This lab has no such step.")
    try:
        return JsonResponse(steps.typed(own, own.spec.step(step_id), request.POST.dict()))
    except NotNow as refusal:
        return JsonResponse({"refusal": str(refusal)})


@require_POST
def stop_step(request: HttpRequest, session_id: str, step_id: str) -> HttpResponse:
    """Control-C: cancel what runs, stop what serves. Nothing to stop is success."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    orders.stop_step(own, step_id)
    return answer(request, own, step_id=step_id)


@require_POST
def show_hint(request: HttpRequest, session_id: str, step_id: str) -> HttpResponse:
    """One more of a step's hints."""
    own = get_own_session(request.user, session_id)
    if step_id not in {step.id for step in own.spec.steps}:
        raise Http404("This lab has no such step.")
    number = request.POST.get("number", "")
    asked = int(number) if re.fullmatch(r"[0-9]{1,3}", number) else 0
    sessions.touch(own)
    if steps.show_hint(own, own.spec.step(step_id), asked):
        note(request, own, f"{step_id} hint {asked}")
    return shown(request, own, step_id=step_id)


@require_POST
def run_all(request: HttpRequest, session_id: str) -> HttpResponse:
    """Run what has not passed yet, step after step."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    try:
        orders.run_all(own)
    except NotNow as refusal:
        return answer(request, own, refusal=refusal)
    return answer(request, own)


@require_POST
def reset(request: HttpRequest, session_id: str) -> HttpResponse:
    """A new cluster for the same session."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    try:
        orders.reset(own)
    except NotNow as refusal:
        return answer(request, own, refusal=refusal)
    return answer(request, own)


@require_POST
def extend(request: HttpRequest, session_id: str) -> HttpResponse:
    """More time."""
    own = get_own_session(request.user, session_id)
    try:
        sessions.extend(own)
    except NotNow as refusal:
        return answer(request, own, refusal=refusal)
    return answer(request, own)


@require_POST
def tear_down(request: HttpRequest, session_id: str) -> HttpResponse:
    """End the session's cluster."""
    own = get_own_session(request.user, session_id)
    orders.tear_down(own)
    return answer(request, own)


@require_POST
def code(request: HttpRequest, session_id: str) -> HttpResponse:
    """Save a file or a step's lines as edited, or go back to the lab's own."""
    own = get_own_session(request.user, session_id)
    sessions.touch(own)
    path = request.POST.get("path", "")
    step = files.steps_with_lines(own).get(path)
    action = request.POST.get("action", "")
    paste = files.as_kept(path, request.POST.get("code", ""))
    try:
        if step is not None:
            steps.save_lines(own, step, request.POST)
        elif action == "reset":
            orders.reset_file(own, path)
        else:
            orders.save_file(own, path, paste.text)
    except NotNow as refusal:
        return answer(request, own, refusal=refusal)
    if step is None and action == "restart":
        return saved(restart(request, own, path), path, paste)
    return saved(answer(request, own), path, paste)


def restart(request: HttpRequest, own: Session, path: str) -> HttpResponse:
    """Start the server that runs a file which was saved; an earlier one of its kind ends."""
    step = mending.restarted_by(own, path)
    if step is None:
        return answer(request, own)
    try:
        orders.restart_step(own, step)
    except NotNow as error:
        refusal = NotNow(f"Saved, but no server was started: {error}")
        return answer(request, own, refusal=refusal)
    return answer(request, own)


def saved(response: HttpResponse, path: str, paste: Pasted) -> HttpResponse:
    """Tell the editor that a text was saved: the mistake in it, and what was changed of it."""
    problem = syntax.problem_in(path, paste.text)
    told: dict[str, Any] = {"line": problem.line, "said": problem.message} if problem else {}
    if paste.changes:
        told["changes"] = ", ".join(paste.changes)
    response["HX-Trigger"] = json.dumps({"code:saved": {"path": path, **told}})
    return response


@require_GET
def run_progress(request: HttpRequest, session_id: str, pk: int) -> JsonResponse:
    """How far Spark is with a run; empty when that is not known."""
    seen = get_visible_session(request.user, session_id)
    return JsonResponse(progress.of(get_object_or_404(seen.runs, pk=pk)))


@require_GET
def code_version(request: HttpRequest, session_id: str, pk: int) -> HttpResponse:
    """A text that was saved once."""
    seen = get_visible_session(request.user, session_id)
    version = get_object_or_404(seen.file_versions, pk=pk)
    return HttpResponse(version.content, content_type="text/plain; charset=utf-8")


@require_GET
def code_versions(request: HttpRequest, session_id: str) -> HttpResponse:
    """The choice of versions of a file, once it has one more."""
    seen = get_visible_session(request.user, session_id)
    path = request.GET.get("path", "")
    versions = files.versions_of(seen).get(path, [])
    context = {"session": seen, "versions": versions}
    return render(request, "activities/_code_versions.html", context)
