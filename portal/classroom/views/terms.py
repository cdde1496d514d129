"""A class at the end of its term: archived, copied, deleted."""

from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.classroom import audit
from portal.classroom.forms import CopyForm
from portal.classroom.models import Right, User
from portal.classroom.permissions import get_taught_class, may_teach
from portal.classroom.services import terms


@require_POST
def archive(request: HttpRequest, class_id: int) -> HttpResponse:
    """Put it away, or take it out again."""
    klass = get_taught_class(request.user, class_id, Right.OWN)
    if "back" in request.POST:
        terms.bring_back(klass)
        audit.record(request.user, "bring class back", klass=klass, detail=klass.name)
        messages.success(request, f"{klass.name} goes on. Its codes are withdrawn: make new ones.")
    else:
        terms.archive(klass)
        audit.record(request.user, "archive class", klass=klass, detail=klass.name)
        messages.success(request, f"{klass.name} is archived: it is only to be looked at.")
    return redirect("classroom:settings", klass.pk)


@require_http_methods(["GET", "POST"])
def copy(request: HttpRequest, class_id: int) -> HttpResponse:
    """The same class for the next term."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    if not may_teach(request.user):
        raise PermissionDenied("only instructors make classes.")
    form = CopyForm(request.POST or None, initial={"name": f"{klass.name} (copy)"[:80]})
    if request.method == "POST" and form.is_valid():
        made = terms.copy(klass, cast(User, request.user), **form.cleaned_data)
        audit.record(request.user, "copy class", klass=made, detail=f"from {klass.name}")
        messages.success(request, "Copied. Look over its labs and their times.")
        return redirect("classroom:labs", made.pk)
    return render(request, "classroom/copy.html", {"klass": klass, "form": form})


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, class_id: int) -> HttpResponse:
    """Ask for its name, and say what goes; then it goes a day later."""
    klass = get_taught_class(request.user, class_id, Right.OWN)
    context = {
        "klass": klass,
        "members": klass.memberships.count(),
        "grades": sum(given.grades.count() for given in klass.assignments.all()),
        "is_wrong": request.method == "POST",
    }
    if request.method == "GET" or request.POST.get("name", "").strip() != klass.name:
        return render(request, "classroom/delete.html", context)
    terms.delete(klass)
    audit.record(request.user, "delete class", klass=klass, detail=klass.name)
    messages.success(request, f"{klass.name} is deleted tomorrow, unless you keep it after all.")
    return redirect("classroom:settings", klass.pk)
