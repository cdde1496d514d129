"""New passwords by a link that is handed over: no mail, and nobody learns the password."""

import csv
import io
from collections.abc import Iterable

from django.contrib.auth.tokens import default_token_generator
from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from portal.classroom.export import safe
from portal.classroom.models import User


def link_for(request: HttpRequest, user: User) -> str:
    """A link that works once, for three days (PASSWORD_RESET_TIMEOUT)."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    token = default_token_generator.make_token(user)
    address = reverse("password_reset_confirm", kwargs={"uidb64": uid, "token": token})
    return request.build_absolute_uri(address)


def as_csv(request: HttpRequest, users: Iterable[User]) -> str:
    """A line a person, to be sent out by whatever the course uses."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["username", "email", "link"])
    for user in users:
        writer.writerow([safe(user.username), safe(user.email), link_for(request, user)])
    return text.getvalue()
