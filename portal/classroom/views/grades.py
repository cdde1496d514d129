"""The gradebook: all labs and students, one student's lab, files to export, one's own."""

from decimal import Decimal

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.classroom import audit, gradebook, lms
from portal.classroom.grade_forms import ExtensionForm, GradeForm
from portal.classroom.models import Class, Right, StudentNote
from portal.classroom.permissions import get_taught_class, may_in
from portal.classroom.services import grading
from portal.naming import as_attachment

A_PAGE = 200
"""Students on a page."""


def chosen(request: HttpRequest, klass: Class) -> tuple[str, list[int]]:
    """The section that is asked for, and whose grades that are, by their names."""
    section = request.GET.get("section", "")
    members = klass.memberships.order_by(
        "user__last_name", "user__first_name", "user__username", "pk"
    )
    if section:
        members = members.filter(sections__name=section)
    return section, list(members.values_list("user", flat=True))


@require_GET
def show(request: HttpRequest, class_id: int) -> HttpResponse:
    """Everybody in all labs."""
    klass = get_taught_class(request.user, class_id, Right.GRADE)
    section, users = chosen(request, klass)
    page = Paginator(users, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "klass": klass,
        "may": may_in(request.user, klass),
        "book": gradebook.book_of(klass, list(page)),
        "page": page,
        "section": section,
        "sections": klass.sections.all(),
        "formats": lms.NAMES,
        "kept": klass.kept.all()[:500],
    }
    return render(request, "classroom/grades.html", context)


@require_GET
def export(request: HttpRequest, class_id: int, form: str) -> HttpResponse:
    """The book as a file, of a section or of everybody."""
    klass = get_taught_class(request.user, class_id, Right.GRADE)
    if form not in lms.FORMATS:
        raise Http404("There is no such file.")
    section, users = chosen(request, klass)
    text = lms.as_csv(gradebook.book_of(klass, users if section else None), form)
    audit.record(request.user, "export grades", klass=klass, detail=f"{form} {section}".strip())
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = as_attachment(f"{klass.name}-grades-{form}.csv")
    response["Cache-Control"] = "no-store"
    return response


def find(klass: Class, assignment_id: int, user_id: int) -> tuple[gradebook.Line, gradebook.Score]:
    """Somebody's score. Raises Http404."""
    found = gradebook.score_in(klass, assignment_id, user_id)
    if found is None:
        raise Http404("There is no such student or lab in this class.")
    return found


def must_not_be_self(request: HttpRequest, user_id: int) -> None:
    """Raises PermissionDenied."""
    if request.user.pk == user_id:
        raise PermissionDenied("nobody grades themselves.")


@require_http_methods(["GET", "POST"])
def one(request: HttpRequest, class_id: int, assignment_id: int, user_id: int) -> HttpResponse:
    """One student in one lab: what was done when, what it counts, and the instructor's word."""
    klass = get_taught_class(request.user, class_id, Right.GRADE)
    line, score = find(klass, assignment_id, user_id)
    form = GradeForm(request.POST) if request.method == "POST" else GradeForm.of(score.grade)
    status = 200
    if request.method == "POST":
        must_not_be_self(request, user_id)
        if form.is_valid():
            try:
                made = grading.grade(
                    score.column.assignment,
                    line.user,
                    request.user,  # type: ignore[arg-type]
                    **form.cleaned_data,
                )
            except grading.ChangedMeanwhile as refusal:
                form.add_error(None, str(refusal))
                form.read_anew(refusal.now)
                line, score = find(klass, assignment_id, user_id)
                status = 409
            else:
                note_grade(request, klass, line, score, made.points, made.reason)
                messages.success(request, "Saved.")
                return redirect("classroom:grade", klass.pk, assignment_id, user_id)
    context = {
        "klass": klass,
        "may": may_in(request.user, klass),
        "line": line,
        "score": score,
        "form": form,
        "extension_form": ExtensionForm.of(klass, score),
        "is_self": request.user.pk == user_id,
    }
    with timezone.override(klass.zone):
        return render(request, "classroom/grade.html", context, status=status)


def note_grade(
    request: HttpRequest,
    klass: Class,
    line: gradebook.Line,
    score: gradebook.Score,
    points: Decimal | None,
    reason: str,
) -> None:
    """Whose points were changed from what to what, and why."""
    lab, now = score.column.assignment.lab.name, "as counted" if points is None else points
    detail = f"{line.user.get_username()} in {lab}: {score.points} → {now} ({reason})"
    audit.record(request.user, "grade", klass=klass, detail=detail)


@require_POST
def extend(request: HttpRequest, class_id: int, assignment_id: int, user_id: int) -> HttpResponse:
    """More time for one student in one lab."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    line, score = find(klass, assignment_id, user_id)
    must_not_be_self(request, user_id)
    form = ExtensionForm.of(klass, score, request.POST)
    who, lab = line.user.get_username(), score.column.assignment.lab.name
    if "withdraw" in request.POST:
        score.column.assignment.extensions.filter(user=line.user).delete()
        audit.record(request.user, "withdraw extension", klass=klass, detail=f"{who} in {lab}")
        messages.success(request, "The class's own deadline holds again.")
    elif form.is_valid():
        given = grading.extend(
            score.column.assignment,
            line.user,
            request.user,  # type: ignore[arg-type]
            **form.cleaned_data,
        )
        detail = f"{who} in {lab} until {given.due_at.isoformat()} ({given.reason})"
        audit.record(request.user, "extend deadline", klass=klass, detail=detail)
        messages.success(request, f"{line.name} has more time.")
    else:
        for errors in form.errors.as_data().values():
            messages.error(request, str(errors[0].messages[0]))
    return redirect("classroom:grade", klass.pk, assignment_id, user_id)


@require_GET
def mine(request: HttpRequest) -> HttpResponse:
    """One's own points, deadlines and comments, class by class."""
    books = [
        gradebook.book_of(klass, [request.user.pk or 0])
        for klass in Class.objects.filter(memberships__user=request.user.pk)
    ]
    notes = StudentNote.objects.filter(student=request.user.pk, is_shown=True)
    context = {"books": books, "notes": notes.select_related("author")}
    return render(request, "classroom/mine.html", context)
