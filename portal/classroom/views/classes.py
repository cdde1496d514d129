"""Classes: the list, the settings, the people, the ways in."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from portal.classroom import audit, passwords
from portal.classroom.forms import ClassForm, CodeForm, InstructorForm
from portal.classroom.models import Class, Membership, User
from portal.classroom.permissions import (
    get_taught_class,
    may_renew_password,
    may_teach,
    taught,
)
from portal.classroom.services import joining


@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """The classes that one teaches, and those that one learns in."""
    context = {
        "taught": taught(request.user).prefetch_related("instructors", "memberships"),
        "joined": Class.objects.filter(memberships__user=request.user.pk),
        "may_teach": may_teach(request.user),
        "form": ClassForm(),
    }
    return render(request, "classroom/index.html", context)


@require_POST
def create(request: HttpRequest) -> HttpResponse:
    """A new class, taught by whoever makes it."""
    if not may_teach(request.user):
        raise PermissionDenied
    form = ClassForm(request.POST)
    if not form.is_valid():
        messages.error(request, f"The class needs a name, of {80} characters at most.")
        return redirect("classroom:index")
    klass = form.save()
    klass.instructors.add(request.user.pk)  # type: ignore[arg-type]
    audit.record(request.user, "make class", klass=klass, detail=klass.name)
    return redirect("classroom:people", klass.pk)


@require_http_methods(["GET", "POST"])
def people(request: HttpRequest, class_id: int) -> HttpResponse:
    """Members, codes and settings."""
    klass = get_taught_class(request.user, class_id)
    form = ClassForm(request.POST or None, instance=klass)
    if request.method == "POST" and form.is_valid():
        form.save()
        audit.record(request.user, "change class", klass=klass, detail=klass.name)
        messages.success(request, "Saved.")
        return redirect("classroom:people", klass.pk)
    return render(request, "classroom/people.html", people_context(request, klass, form))


def people_context(request: HttpRequest, klass: Class, form: ClassForm) -> dict[str, object]:
    """What the page of a class's people shows."""
    members = list(klass.memberships.select_related("user").order_by("user__username"))
    return {
        "klass": klass,
        "form": form,
        "members": [(each, may_renew_password(request.user, each)) for each in members],
        "codes": klass.codes.all()[:30],
        "code_form": CodeForm(),
        "instructors": klass.instructors.order_by("username"),
        "instructor_form": InstructorForm(),
    }


@require_POST
def make_code(request: HttpRequest, class_id: int) -> HttpResponse:
    """A new way in."""
    klass = get_taught_class(request.user, class_id)
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
    klass = get_taught_class(request.user, class_id)
    code = get_object_or_404(klass.codes, pk=code_id)
    joining.withdraw(code)
    audit.record(request.user, "withdraw code", klass=klass)
    return redirect(reverse("classroom:people", args=[klass.pk]) + "#codes")


@require_POST
def add_instructor(request: HttpRequest, class_id: int) -> HttpResponse:
    """Somebody teaches the class too."""
    klass = get_taught_class(request.user, class_id)
    form = InstructorForm(request.POST)
    if form.is_valid():
        added: User = form.cleaned_data["username"]
        klass.instructors.add(added)
        audit.record(request.user, "add instructor", klass=klass, detail=added.username)
    else:
        messages.error(request, str(form.errors["username"].as_data()[0].message))
    return redirect("classroom:people", klass.pk)


def get_member(klass: Class, user_id: int) -> Membership:
    """Somebody who is in the class. Raises Http404."""
    return get_object_or_404(klass.memberships.select_related("user"), user=user_id)


@require_POST
def remove_member(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """Somebody leaves the class; their login and sessions stay theirs."""
    klass = get_taught_class(request.user, class_id)
    member = get_member(klass, user_id)
    audit.record(request.user, "remove member", klass=klass, detail=member.user.get_username())
    member.delete()
    return redirect("classroom:people", klass.pk)


@require_POST
def renew_password(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """A link by which a member chooses a new password. Shown once, to be handed over."""
    klass = get_taught_class(request.user, class_id)
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
    klass = get_taught_class(request.user, class_id)
    fresh = klass.memberships.filter(made_account=True, user__last_login=None)
    chosen = [each.user for each in fresh.select_related("user") if not has_password(each.user)]
    audit.record(request.user, "first links", klass=klass, detail=f"{len(chosen)} logins")
    response = HttpResponse(passwords.as_csv(request, chosen), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="class-{klass.pk}-links.csv"'
    response["Cache-Control"] = "no-store"
    return response


def has_password(user: User) -> bool:
    """Whether they have chosen one."""
    return user.has_usable_password()
