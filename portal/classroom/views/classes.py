"""Classes: the list, the settings, the people, the ways in."""

from functools import reduce
from operator import or_

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.classroom import audit, mail, passwords
from portal.classroom.forms import ClassForm, CodeForm, RosterForm
from portal.classroom.models import Class, Right, Staff
from portal.classroom.permissions import (
    get_taught_class,
    may_in,
    may_renew_password,
    may_teach,
    taught,
)
from portal.classroom.services import joining, leaving
from portal.classroom.views.members import get_member
from portal.naming import as_attachment

A_PAGE = 200
"""Students on a page."""


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The classes that one teaches, and those that one learns in."""
    context = {
        "taught": [
            (klass, may_in(request.user, klass))
            for klass in taught(request.user)
            .order_by("archived_at", "name", "pk")
            .prefetch_related("staffing__user", "memberships")
        ],
        "joined": Class.objects.filter(memberships__user=request.user.pk),
        "may_teach": may_teach(request.user),
        "form": ClassForm(),
    }
    return render(request, "classroom/index.html", context)


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """A new class, taught by whoever makes it."""
    if not may_teach(request.user):
        raise PermissionDenied("only instructors make classes.")
    form = ClassForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"The class needs a name, of {80} characters at most.")
        return redirect("classroom:index")
    klass = form.save()
    klass.add_staff(request.user, Staff.Role.OWNER)  # type: ignore[arg-type]
    audit.record(request.user, "make class", klass=klass, detail=klass.name)
    return redirect("classroom:people", klass.pk)


@require_GET
def people(request: HttpRequest, class_id: int) -> HttpResponse:
    """Members, and how others get in."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    find, section = request.GET.get("find", "").strip()[:100], request.GET.get("section", "")
    members = klass.memberships.select_related("user").prefetch_related("sections")
    if find:
        names = ("username", "first_name", "last_name", "email")
        members = members.filter(
            reduce(or_, (Q(**{f"user__{name}__icontains": find}) for name in names))
        )
    if section:
        members = members.filter(sections__name=section)
    page = Paginator(members.order_by("user__username"), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "klass": klass,
        "may": may_in(request.user, klass),
        "find": find,
        "section": section,
        "sections": klass.sections.all(),
        "page": page,
        "has_mail": mail.is_on(),
        "members": [(each, may_renew_password(request.user, each)) for each in page],
        "codes": klass.codes.all()[:30],
        "code_form": CodeForm(),
        "roster_form": RosterForm(),
    }
    return render(request, "classroom/people.html", context)


@require_POST
def make_code(request: HttpRequest, class_id: int) -> HttpResponse:
    """A new way in."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    form = CodeForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose for whom the code is, and for how long.")
        return redirect("classroom:people", klass.pk)
    kind = form.cleaned_data["kind"]
    code = joining.make_code(
        klass,
        hours=form.cleaned_data["hours"],
        is_single_use=kind == "single",
        is_for_guests=kind == "guest",
    )
    audit.record(request.user, "make code", klass=klass, detail=f"{kind}, until {code.expires_at}")
    if kind == "guest" and not klass.admits_guests:
        messages.warning(request, "The link works once “Guests may come by link” is on.")
    return redirect(reverse("classroom:people", args=[klass.pk]) + "#codes")


@require_POST
def withdraw_code(request: HttpRequest, class_id: int, code_id: int) -> HttpResponse:
    """A code admits nobody any more."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    code = get_object_or_404(klass.codes, pk=code_id)
    joining.withdraw(code)
    audit.record(request.user, "withdraw code", klass=klass)
    return redirect(reverse("classroom:people", args=[klass.pk]) + "#codes")


@require_http_methods(["GET", "POST"])
def remove_member(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """Ask, then take somebody out of the class; their login and sessions stay theirs."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    member = get_member(klass, user_id)
    context = {"klass": klass, "member": member}
    if request.method == "GET":
        return render(request, "classroom/remove.html", context)
    told = leaving.remove(member)
    audit.record(request.user, "remove member", klass=klass, detail=member.user.get_username())
    message = render_to_string("classroom/_removed.html", {**context, "told": told}, request)
    messages.success(request, message)
    return redirect("classroom:people", klass.pk)


@require_POST
def put_back(request: HttpRequest, class_id: int) -> HttpResponse:
    """Undo a removal."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    try:
        users = leaving.put_back(klass, request.POST.get("told", ""))
    except leaving.NotUndone as refusal:
        messages.error(request, str(refusal))
    else:
        names = ", ".join(user.get_username() for user in users)
        audit.record(request.user, "put member back", klass=klass, detail=names)
        who = f"{names} is" if len(users) == 1 else f"{len(users)} students are"
        messages.success(request, f"{who} in {klass.name} again.")
    return redirect("classroom:people", klass.pk)


@require_POST
def renew_password(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """A link by which a member chooses a new password. Shown once, to be handed over."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    member = get_member(klass, user_id)
    if not may_renew_password(request.user, member):
        raise PermissionDenied
    detail = member.user.get_username()
    audit.record(request.user, "renew password", klass=klass, detail=detail)
    context = {"klass": klass, "member": member, "link": passwords.link_for(request, member.user)}
    return render(request, "classroom/link.html", context)


@require_POST
def links(request: HttpRequest, class_id: int) -> HttpResponse:
    """First links of all logins that the roster made and nobody has used yet, as CSV."""
    klass = get_taught_class(request.user, class_id, Right.MANAGE)
    chosen = passwords.without_one(klass)
    audit.record(request.user, "first links", klass=klass, detail=f"{len(chosen)} logins")
    response = HttpResponse(
        passwords.as_csv(request, chosen), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = as_attachment(f"class-{klass.pk}-links.csv")
    response["Cache-Control"] = "no-store"
    return response
