"""Drills: the same fault in everybody's cluster, for each to find."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from portal.activities.status import SessionStatus
from portal.classroom import audit
from portal.classroom.models import Right
from portal.classroom.permissions import get_taught_class
from portal.classroom.views.overview import back
from portal.faults import orders


@require_POST
def begin(request: HttpRequest, class_id: int) -> HttpResponse:
    """Cause a fault in each session of the class's that is at work with the lab."""
    klass = get_taught_class(request.user, class_id, Right.HELP)
    wanted, lab = request.POST.get("fault", ""), request.POST.get("lab", "")
    at_work = klass.live_sessions().filter(lab__name=lab, status=SessionStatus.READY)
    found = at_work.select_related("version__lab", "owner")
    done, refused = orders.drill(found, wanted, request.user)  # type: ignore[arg-type]
    for session in done:
        audit.record(request.user, "drill", session=session, klass=klass, detail=wanted)
    if done:
        plural = "" if len(done) == 1 else "s"
        messages.success(request, f"The drill begins in {len(done)} session{plural}.")
    elif not refused:
        messages.warning(request, "Nobody has a cluster of this lab now, so there is no drill.")
    for each in refused[:5]:
        messages.warning(request, each)
    return back(request, klass)
