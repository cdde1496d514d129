"""Which labs a class does: chosen, put in order, given times; and taken out again."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.catalog.models import Lab
from portal.classroom import audit, gradebook
from portal.classroom.forms import AssignmentForm
from portal.classroom.models import Assignment, Class, Right
from portal.classroom.permissions import get_taught_class, may_in
from portal.classroom.services import assigning
from portal.classroom.shelves import version_of


@require_GET
def show(request: HttpRequest, class_id: int) -> HttpResponse:
    """The class's labs in their order, and those that could be."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    context = {
        "klass": klass,
        "may": may_in(request.user, klass),
        "columns": gradebook.columns_of(klass),
        "gone": [each.pk for each in klass.assignments.all() if version_of(each) is None],
        "others": Lab.objects.filter(is_listed=True).exclude(assignments__klass=klass),
    }
    with timezone.override(klass.zone):
        return render(request, "classroom/labs.html", context)


def get_assignment(klass: Class, assignment_id: int) -> Assignment:
    """A lab of the class. Raises Http404."""
    found = get_object_or_404(klass.assignments.select_related("lab"), pk=assignment_id)
    found.klass = klass
    return found


@require_POST
def add(request: HttpRequest, class_id: int) -> HttpResponse:
    """One more lab, at the end."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    lab = get_object_or_404(Lab, name=request.POST.get("lab", ""))
    given = assigning.add(klass, lab)
    audit.record(request.user, "add lab", klass=klass, detail=lab.name)
    return redirect("classroom:assignment", klass.pk, given.pk)


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, class_id: int, assignment_id: int) -> HttpResponse:
    """Its version, its worth and its times."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    given = get_assignment(klass, assignment_id)
    with timezone.override(klass.zone):
        form = AssignmentForm(request.POST or None, instance=given)
        if request.method == "POST" and form.is_valid():
            form.save()
            detail = f"{given.lab.name}: {', '.join(form.changed_data)}"
            audit.record(request.user, "change lab", klass=klass, detail=detail)
            messages.success(request, f"{given.title} is saved.")
            return redirect("classroom:labs", klass.pk)
        context = {
            "klass": klass,
            "may": may_in(request.user, klass),
            "assignment": given,
            "form": form,
        }
        return render(request, "classroom/assignment.html", context)


@require_POST
def move(request: HttpRequest, class_id: int, assignment_id: int) -> HttpResponse:
    """One place up or down."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    given = get_assignment(klass, assignment_id)
    assigning.move(given, -1 if request.POST.get("way") == "up" else 1)
    audit.record(request.user, "order labs", klass=klass, detail=given.lab.name)
    return redirect("classroom:labs", klass.pk)


@require_http_methods(["GET", "POST"])
def remove(request: HttpRequest, class_id: int, assignment_id: int) -> HttpResponse:
    """Ask, with what would go; then take a lab out of the class."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    given = get_assignment(klass, assignment_id)
    context = {
        "klass": klass,
        "assignment": given,
        "grades": given.grades.count(),
        "extensions": given.extensions.count(),
    }
    if request.method == "GET":
        return render(request, "classroom/remove_lab.html", context)
    given.delete()
    audit.record(request.user, "remove lab", klass=klass, detail=given.lab.name)
    messages.success(request, f"{given.title} is no longer a lab of {klass.name}.")
    return redirect("classroom:labs", klass.pk)
