"""What the session's page asks about help."""

from typing import Any

from portal.activities.models import Session
from portal.classroom.models import Class, Hint, RaisedHand


def help_in(session: Session) -> dict[str, Any]:
    """The hand that is up, what was said and not yet put away, and whether anybody would see."""
    hand = RaisedHand.objects.filter(session=session).first()
    return {
        "hand": hand,
        "hand_at": step_title(session, hand.step_id) if hand else "",
        "hints": list(Hint.objects.filter(session=session, seen_at=None).select_related("author")),
        # The field for the next hint is another one than the last's.
        "said": Hint.objects.filter(session=session).count(),
        "is_taught": Class.objects.filter(memberships__user=session.owner_id).exists(),
    }


def step_title(session: Session, step_id: str) -> str:
    """A step's title, or its name if the lab has it no more."""
    return next((step.title for step in session.spec.steps if step.id == step_id), step_id)
