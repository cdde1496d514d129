"""Django's own check of passwords, made only so often: whatever page asks, it asks here."""

import logging
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from portal.classroom import audit, doors
from portal.classroom.models import User

log = logging.getLogger(__name__)
UNKNOWN = "a login that is not there"
"""Not what was typed, which may be a password."""


class LimitedBackend(ModelBackend):
    """Refuses before it looks at the password, so that a right one tells nothing either."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        """The person; None, or PermissionDenied, which asks no other backend, for nobody."""
        if request is None or username is None or password is None:
            return super().authenticate(request, username, password, **kwargs)
        door = doors.door(request, username)
        if not door.knock():
            request.is_too_often = True  # type: ignore[attr-defined]
            if door.is_first_refusal():
                detail = f"{door.username} from {door.address}: too many wrong passwords"
                audit.record(None, "login refused", detail=detail)
            raise PermissionDenied
        user = super().authenticate(request, username, password, **kwargs)
        if user is None:
            is_there = User.objects.filter(username=username).exists()
            who = door.username if is_there else UNKNOWN
            log.warning("a wrong password for %s, from %s", who, door.address)
            raise PermissionDenied
        door.open()
        return user

    # Django's own would look at the password by itself.
    aauthenticate = sync_to_async(authenticate)
