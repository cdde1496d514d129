"""One student of a class: their sessions, points, time, and what is noted on them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from portal.activities.models import Session
from portal.classroom import audit, gradebook, mail
from portal.classroom.forms import MemberForm, NoteForm
from portal.classroom.models import Right
from portal.classroom.permissions import get_taught_class, may_in
from portal.classroom.views.members import get_member

PAGES = ("classroom:mine", "password_change")
"""What a mail leads to: where a message stands, and where one says whether mails are wanted."""


@require_GET
def show(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """The page."""
    klass = get_taught_class(request.user, class_id)
    member = get_member(klass, user_id)
    may = may_in(request.user, klass)
    sessions = Session.objects.filter(owner=user_id, is_rehearsal=False)
    context = {
        "klass": klass,
        "may": may,
        "member": member,
        "sessions": sessions.select_related("version__lab").order_by("-created_at")[:30],
        "line": gradebook.book_of(klass, [user_id]).lines[0] if may["grade"] else None,
        "form": MemberForm(instance=member),
        "notes": klass.notes.filter(student=user_id).select_related("author"),
        "note_form": NoteForm(),
        "is_mailed": mail.reaches(member.user),
    }
    return render(request, "classroom/student.html", context)


@require_POST
def note(request: HttpRequest, class_id: int, user_id: int) -> HttpResponse:
    """Write something down on them."""
    klass = get_taught_class(request.user, class_id, Right.HELP)
    member = get_member(klass, user_id)
    form = NoteForm(request.POST)
    if form.is_valid():
        made = klass.notes.create(
            student=member.user, author_id=request.user.pk, **form.cleaned_data
        )
        whom = "for them to read" if made.is_shown else "for staff"
        detail = f"on {member.user.get_username()}, {whom}"
        audit.record(request.user, "note", klass=klass, detail=detail)
        pages = [request.build_absolute_uri(reverse(name)) for name in PAGES]
        if mail.send_message(made, *pages):
            messages.success(request, "Kept, and on its way to them by mail.")
    else:
        messages.error(request, "Write something, of 2000 characters at most.")
    return redirect("classroom:student", klass.pk, user_id)


@require_POST
def unnote(request: HttpRequest, class_id: int, note_id: int) -> HttpResponse:
    """Take back a note: one's own, or anybody's for those who manage the class."""
    klass = get_taught_class(request.user, class_id, Right.HELP)
    notes = klass.notes.all()
    if not may_in(request.user, klass)["manage"]:
        notes = notes.filter(author=request.user.pk)
    found = get_object_or_404(notes.select_related("student"), pk=note_id)
    found.delete()
    detail = f"on {found.student.get_username()}"
    audit.record(request.user, "remove note", klass=klass, detail=detail)
    return redirect("classroom:student", klass.pk, found.student_id)
