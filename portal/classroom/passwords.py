"""New passwords by a link that is handed over: no mail, and nobody learns the password."""

import io
from collections.abc import Iterable

from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from portal.classroom.models import Class, User
from portal.spreadsheets import Writer


def link_for(request: HttpRequest, user: User) -> str:
    """A link that works once, for three days (PASSWORD_RESET_TIMEOUT)."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    address = reverse("password_reset_confirm", kwargs={"uidb64": uid, "token": token})
    return request.build_absolute_uri(address)


def without_one(klass: Class) -> list[User]:
    """Whose logins the class's roster made, and who have neither used them nor have a password."""
    fresh = klass.memberships.filter(made_account=True, user__last_login=None)
    users = [each.user for each in fresh.select_related("user")]
    return [user for user in users if not user.has_usable_password()]


def as_csv(request: HttpRequest, users: Iterable[User]) -> str:
    """A line a person, to be sent out by whatever the course uses."""
    text = io.StringIO()
    writer = Writer(text)
    writer.writerow(["username", "email", "link"])
    for user in users:
        writer.writerow([user.username, user.email, link_for(request, user)])
    return text.getvalue()
