"""Who runs a class: appointed, dismissed."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from portal.classroom import audit
from portal.classroom.forms import StaffForm
from portal.classroom.models import Class, Right, Staff, User
from portal.classroom.permissions import WHO_MAY, get_taught_class, rights_in
from portal.classroom.services import staffing


@require_POST
def appoint(request: HttpRequest, class_id: int) -> HttpResponse:
    """Somebody runs the class too, or helps in it."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    form = StaffForm(request.POST)
    if not form.is_valid():
        messages.error(request, next(iter(form.errors.as_data().values()))[0].message)
        return redirect("classroom:settings", klass.pk)
    user: User = form.cleaned_data["user"]
    role = Staff.Role(form.cleaned_data["role"])
    must_be_allowed(request, klass, role)
    if post := klass.staffing.filter(user=user).first():
        must_be_allowed(request, klass, post.role)
    try:
        made = staffing.appoint(klass, user, role, may_grade=form.cleaned_data["may_grade"])
    except staffing.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        what = f"{role}{' with grades' if made.may_grade else ''}"
        audit.record(request.user, "appoint", klass=klass, detail=f"{user.username}: {what}")
        messages.success(
            request, f"{user.username} is {'an' if role[0] in 'aio' else 'a'} {what} now."
        )
    return redirect("classroom:settings", klass.pk)


@require_http_methods(["GET", "POST"])
def dismiss(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """Ask, then take somebody off the class; whoever is in it may leave."""
    klass = get_taught_class(request.user, class_id)
    post = get_object_or_404(klass.staffing.select_related("user"), user=user_id)
    if post.user_id != request.user.pk:
        must_be_allowed(request, klass, post.role)
    context = {"klass": klass, "post": post, "is_self": post.user_id == request.user.pk}
    if request.method == "GET":
        return render(request, "classroom/dismiss.html", context)
    try:
        staffing.dismiss(post)
    except staffing.Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("classroom:settings", klass.pk)
    name = post.user.get_username()
    audit.record(request.user, "dismiss", klass=klass, detail=f"{name}: {post.role}")
    messages.success(request, f"{name} is no longer {post.role} of {klass.name}.")
    return redirect(
        "classroom:index" if context["is_self"] else "classroom:settings",
        *(() if context["is_self"] else (klass.pk,)),
    )


def must_be_allowed(request: HttpRequest, klass: Class, role: str) -> None:
    """Raises PermissionDenied for who may not appoint and dismiss people of a role."""
    right = staffing.right_to_change(role)
    if right not in rights_in(request.user, klass):
        raise PermissionDenied(WHO_MAY[right])
