"""What is done to several members of a class at once, and to one on their own page."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.http import require_http_methods, require_POST

from portal.classroom import audit, mail, passwords, tasks
from portal.classroom.forms import MemberForm
from portal.classroom.models import Class, Membership, Right, Section
from portal.classroom.permissions import get_taught_class
from portal.classroom.services import leaving
from portal.classroom.services.roster.judging import SECTION_LENGTH

VERBS = ("section", "unsection", "remove")


def get_member(klass: Class, user_id: int) -> Membership:
    """Somebody who is in the class. Raises Http404."""
    return get_object_or_404(klass.memberships.select_related("user"), user=user_id)


@require_POST
def act(request: HttpRequest, class_id: int) -> HttpResponse:
    """Put those who were chosen into a section, or out of it; or ask, and remove them."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    verb, asked = request.POST.get("verb", ""), request.POST.getlist("users")
    if verb not in VERBS:
        raise Http404("There is no such deed.")
    ids = [int(each) for each in asked if each.isascii() and each.isdecimal()][: leaving.MOST]
    members = list(klass.memberships.filter(user__in=ids).select_related("user"))
    if not members:
        messages.error(request, "Choose some students first.")
    elif verb == "remove":
        return remove(request, klass, members)
    else:
        change_sections(request, klass, members, verb)
    return redirect("classroom:people", klass.pk)


def change_sections(
    request: HttpRequest, klass: Class, members: list[Membership], verb: str
) -> None:
    """Into a section, which is made if it is new; or out of it."""
    name = request.POST.get("section", "").strip()[:SECTION_LENGTH]
    if not name:
        messages.error(request, "Write the section's name beside the button.")
        return
    if verb == "section":
        section, _ = Section.objects.get_or_create(klass=klass, name=name)
        section.memberships.add(*members)
    else:
        for section in klass.sections.filter(name=name):
            section.memberships.remove(*members)
            if not section.memberships.exists():
                section.delete()
    audit.record(request.user, verb, klass=klass, detail=f"{name}: {len(members)} people")
    where = "in" if verb == "section" else "out of"
    plural = "s are" if len(members) > 1 else " is"
    messages.success(request, f"{len(members)} student{plural} {where} {name} now.")


def remove(request: HttpRequest, klass: Class, members: list[Membership]) -> HttpResponse:
    """Ask with their names and number, then take them out; with a way back."""
    context: dict[str, Any] = {"klass": klass, "members": members, "count": len(members)}
    if "confirm" not in request.POST:
        return render(request, "classroom/remove_many.html", context)
    told = leaving.remove_all(members)
    names = ", ".join(each.user.get_username() for each in members)
    audit.record(request.user, "remove members", klass=klass, detail=names)
    context["told"] = told
    messages.success(request, render_to_string("classroom/_removed_many.html", context, request))
    return redirect("classroom:people", klass.pk)


@require_http_methods(["GET", "POST"])
def mail_links(request: HttpRequest, class_id: int) -> HttpResponse:
    """Ask, then send each new login that has an address its first link."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    if not mail.is_on():
        raise PermissionDenied("this portal sends no mail; its operator can name a mail server.")
    fresh = passwords.without_one(klass)
    reached = [user for user in fresh if user.email]
    unreached = [user for user in fresh if not user.email]
    context = {"klass": klass, "reached": reached, "unreached": unreached}
    if request.method == "GET":
        return render(request, "classroom/mail_links.html", context)
    subject = f"Your login for {klass.name}"
    for user in reached:
        body = render_to_string(
            "classroom/first_link_mail.txt",
            {"klass": klass, "user": user, "link": passwords.link_for(request, user)},
        )
        tasks.send_mail.delay_on_commit(subject, body, user.email)  # type: ignore[attr-defined]
    count = len(reached)
    audit.record(request.user, "mail first links", klass=klass, detail=f"{count} logins")
    messages.success(request, f"{count} mail{'' if count == 1 else 's'} under way.")
    return redirect("classroom:people", klass.pk)


@require_POST
def change(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """One member's accommodation."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    member = get_member(klass, user_id)
    form = MemberForm(request.POST, instance=member)
    if form.is_valid():
        form.save()
        detail = f"{member.user.get_username()}: time times {member.time_multiplier}"
        audit.record(request.user, "change member", klass=klass, detail=detail)
        messages.success(request, "Saved.")
    else:
        messages.error(request, "The multiplier is a number from 1 to 5, such as 1.5.")
    return redirect("classroom:student", klass.pk, user_id)
