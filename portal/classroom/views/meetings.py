"""When a class meets: told, changed, and taken back."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.classroom import audit, meetings
from portal.classroom.meeting_forms import MeetingForm
from portal.classroom.models import Class, Meeting, Right
from portal.classroom.permissions import get_taught_class


@require_http_methods(["GET", "POST"])
def add(request: HttpRequest, class_id: int) -> HttpResponse:
    """One more time."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    return fill_in(request, klass, Meeting(klass=klass, lab=klass.lab))


@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, class_id: int, meeting_id: int) -> HttpResponse:
    """Its day, its hours, and what is ready."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    return fill_in(request, klass, get_object_or_404(klass.meetings, pk=meeting_id))


def fill_in(request: HttpRequest, klass: Class, meeting: Meeting) -> HttpResponse:
    """Show the form, or keep what it says."""
    meeting.klass = klass
    form = MeetingForm(request.POST or None, instance=meeting)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "set class time", klass=klass, detail=str(meeting.on))
        messages.success(request, "Saved.")
        room = meetings.room()
        if room is not None and room < max(meeting.clusters, meeting.places):
            said = f"There is room for {room} clusters now, so not all of this can be ready."
            messages.warning(request, said)
        return redirect("classroom:settings", klass.pk)
    context = {"klass": klass, "meeting": meeting, "form": form}
    return render(request, "classroom/meeting.html", context)


@require_POST
def remove(request: HttpRequest, class_id: int, meeting_id: int) -> HttpResponse:
    """Nothing is ready for it any more; what is in use stays."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    meeting = get_object_or_404(klass.meetings, pk=meeting_id)
    detail = str(meeting.on)
    meeting.delete()
    audit.record(request.user, "remove class time", klass=klass, detail=detail)
    messages.success(request, "The class time is removed.")
    return redirect("classroom:settings", klass.pk)
