"""How a class is run, and by whom."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from portal.classroom import audit, meetings
from portal.classroom.forms import SettingsForm, StaffForm
from portal.classroom.models import Class, Right
from portal.classroom.permissions import get_taught_class, may_in, may_teach
from portal.classroom.services import retention


def going_by(request: HttpRequest, klass: Class, form: SettingsForm) -> dict[str, Any]:
    """What a shorter time would remove, which is asked first; nothing once that was."""
    days = form.cleaned_data["keep_days"]
    if "keep_days" not in form.changed_data or "confirm" in request.POST or not days:
        return {}
    going = retention.due_in(klass, days).count()
    said = [(name, value) for name, value in request.POST.items() if name != "csrfmiddlewaretoken"]
    return {"klass": klass, "going": going, "days": days, "said": said} if going else {}


@require_http_methods(["GET", "POST"])
def show(request: HttpRequest, class_id: int) -> HttpResponse:
    """The settings, to be changed."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    form = SettingsForm(request.POST or None, instance=klass)
    if request.method == "POST" and form.is_valid():
        if going := going_by(request, klass, form):
            return render(request, "classroom/keep_less.html", going)
        form.save()
        detail = ", ".join(form.changed_data)
        audit.record(request.user, "change class", klass=klass, detail=detail)
        messages.success(request, "Saved.")
        return redirect("classroom:settings", klass.pk)
    context = {
        "klass": klass,
        "may": may_in(request.user, klass),
        "form": form,
        "staff": klass.staffing.select_related("user"),
        "staff_form": StaffForm(),
        "meetings": meetings.shown(klass),
        "may_copy": may_teach(request.user),
    }
    with timezone.override(klass.zone):
        return render(request, "classroom/settings.html", context)
