"""What classes listen to: every session that changes, and what is said in one."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.db.models import F

from portal.activities.models import Session
from portal.classroom.models import Hint, Identity, User
from portal.live.wakeups import wake

OVERVIEWS = "overviews"
"""The channel layer's group of all open overviews: each knows itself whose session it shows."""


def tell_overviews(session_id: str, **kwargs: Any) -> None:
    """A session has changed."""
    wake(OVERVIEWS, {"type": "session.changed", "session": session_id})


def keep_hint(session: Session, author: AbstractUser, text: str, **kwargs: Any) -> Hint:
    """Somebody says something to a group of students: it shows as any hint does."""
    return Hint.objects.create(session=session, author_id=author.pk, text=text)


def end_sign_ins(instance: Identity, **kwargs: Any) -> None:
    """An identity was taken off a login: whoever came in by it has to sign in anew."""
    User.objects.filter(pk=instance.user_id).update(sign_outs=F("sign_outs") + 1)
