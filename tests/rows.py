"""Rows for tests that need a student with a session, and no cluster."""

import uuid
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from portal.activities.models import Session, StepRun
from portal.catalog import services as catalog
from portal.classroom.models import User


def make_user(**fields: object) -> User:
    """Somebody with a name that nobody else has."""
    user: User = get_user_model().objects.create(username=f"u{uuid.uuid4().hex[:10]}", **fields)
    return user


def make_session(owner: User | None = None) -> Session:
    """A session of week 10 that nothing runs in."""
    version = catalog.store(catalog.read_folder(Path(settings.LABS_DIR) / "week10"))[0]
    return Session.objects.create(
        owner=owner or make_user(),
        version=version,
        runtime="sandbox",
        host="here",
        expires_at=timezone.now() + timedelta(hours=1),
    )


def make_run(session: Session, step_id: str = "spark") -> StepRun:
    """A run of one of its steps."""
    return StepRun.objects.create(session=session, generation=1, step_id=step_id, status="passed")
