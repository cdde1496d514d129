"""The instructor's overview of a class, and what can be done from it."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from portal.activities import orders
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.services.wishes import NotNow
from portal.classroom import answers, audit, export, figures, overview
from portal.classroom.forms import WordsForm
from portal.classroom.models import Class, Right
from portal.classroom.permissions import get_taught_class, may_in
from portal.classroom.services import helping
from portal.engine import faults
from portal.insights import board
from portal.insights import services as insights
from portal.insights.board_views import tell_said
from portal.naming import as_attachment

VIEWS = (
    ("progress", "Progress"),
    ("pipelines", "Pipelines"),
    ("times", "Times"),
    ("answers", "Answers"),
)
DEEDS = {
    "stop": (Right.MANAGE, "torn down"),
    "reset": (Right.MANAGE, "reset"),
    "extend": (Right.HELP, "given more time"),
}
"""What can be done to sessions: who may, and what was done then."""


def context_of(request: HttpRequest, klass: Class, only: str = "") -> dict[str, Any]:
    """What the overview shows in the view that is open, and no more; `only` leaves out its rows."""
    lab = overview.choose_lab(klass, request.GET.get("lab", ""))
    asked = request.GET.get("view", "")
    view = asked if asked in dict(VIEWS) else VIEWS[0][0]
    spec = overview.spec_of(lab)
    steps = spec.steps if spec else ()
    rows = overview.rows(klass, lab, steps, has_times=not only or view == "times")
    at_work = klass.live_sessions().filter(version__lab=lab)
    return {
        "klass": klass,
        "may": may_in(request.user, klass),
        "lab": lab,
        "views": VIEWS,
        "view": view,
        "only": only,
        "steps": steps,
        "drills": list(faults.offers(spec)) if spec and not only else [],
        "rows": rows,
        "totals": figures.totals(rows),
        "figures": figures.figures(rows, steps) if view == "times" else [],
        "questions": answers.spread(steps, [r.session for r in rows if r.session])
        if view == "answers"
        else [],
        **board.context(at_work if view == "pipelines" else board.in_trouble(at_work)),
        "hint_url": reverse("classroom:hint_group", args=[klass.pk]),
    }


@require_GET
def show(request: HttpRequest, class_id: int) -> HttpResponse:
    """The page."""
    klass = get_taught_class(request.user, class_id)
    context = context_of(request, klass)
    columns = figures.passed(context["rows"], context["steps"])
    context |= {
        "columns": columns,
        "labs": overview.labs_for(klass),
    }
    return render(request, "classroom/overview.html", context)


@require_GET
def live(request: HttpRequest, class_id: int) -> HttpResponse:
    """The parts that change: all rows, and what they say together."""
    klass = get_taught_class(request.user, class_id)
    context = context_of(request, klass, request.GET.get("only", ""))
    return render(request, "classroom/_live.html", context)


@require_GET
def progress(request: HttpRequest, class_id: int) -> HttpResponse:
    """Progress and points as CSV."""
    klass = get_taught_class(request.user, class_id, Right.GRADE)
    lab = overview.choose_lab(klass, request.GET.get("lab", ""))
    steps = overview.steps_of(lab)
    text = export.as_csv(overview.rows(klass, lab, steps, has_times=False), steps)
    audit.record(request.user, "export progress", klass=klass, detail=lab.name if lab else "")
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = f"class-{klass.pk}-{lab.name if lab else 'progress'}.csv"
    response["Content-Disposition"] = as_attachment(name)
    return response


@require_POST
def act(request: HttpRequest, class_id: int) -> HttpResponse:
    """Stop, reset or extend the sessions that were chosen; those of the class, and no others."""
    verb = request.POST.get("verb", "")
    if verb not in DEEDS:
        raise Http404("There is no such deed.")
    klass = get_taught_class(request.user, class_id, DEEDS[verb][0])
    chosen = klass.live_sessions().filter(pk__in=request.POST.getlist("sessions"))
    done, refused = 0, []
    for session in chosen.select_related("version__lab", "owner"):
        try:
            do(verb, session)
        except NotNow as refusal:
            refused.append(f"{session.owner.get_username()}: {refusal}")
        else:
            done += 1
            audit.record(request.user, verb, session=session, klass=klass)
    tell(request, verb, done, refused)
    return back(request, klass)


def do(verb: str, session: Session) -> None:
    """One deed to one session. Raises NotNow."""
    match verb:
        case "stop":
            orders.tear_down(session, reason="by your instructor")
        case "reset":
            orders.reset(session)
        case _:
            sessions.extend(session)


def tell(request: HttpRequest, verb: str, done: int, refused: list[str]) -> None:
    """What came of it."""
    plural = "" if done == 1 else "s"
    if done or not refused:
        level = messages.success if done else messages.warning
        level(request, f"{done} session{plural} {DEEDS[verb][1]}.")
    for each in refused[:5]:
        messages.warning(request, each)


@require_POST
def broadcast(request: HttpRequest, class_id: int) -> HttpResponse:
    """Say something on every live session's page."""
    klass = get_taught_class(request.user, class_id, Right.HELP)
    form = WordsForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Write something, of 1000 characters at most.")
        return back(request, klass)
    count = helping.broadcast(klass, request.user, form.cleaned_data["text"])  # type: ignore[arg-type]
    audit.record(request.user, "broadcast", klass=klass, detail=form.cleaned_data["text"])
    plural = "" if count == 1 else "s"
    messages.success(request, f"Said in {count} live session{plural}.")
    return back(request, klass)


@require_POST
def hint_group(request: HttpRequest, class_id: int) -> HttpResponse:
    """Say something to the students who have the same error, as they were shown."""
    klass = get_taught_class(request.user, class_id, Right.HELP)
    form = WordsForm(request.POST)
    chosen = klass.live_sessions().filter(pk__in=request.POST.getlist("session"))
    text = form.cleaned_data["text"] if form.is_valid() else ""
    count = insights.hint(chosen, request.user, text) if text else 0  # type: ignore[arg-type]
    tell_said(request, count)
    return back(request, klass)


def back(request: HttpRequest, klass: Class) -> HttpResponse:
    """To the overview, of the lab and with the view that was looked at."""
    place = {name: request.POST.get(name, "") for name in ("lab", "view")}
    query = {name: value for name, value in place.items() if value}
    return redirect(reverse("classroom:overview", args=[klass.pk], query=query))
