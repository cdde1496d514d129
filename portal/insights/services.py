"""What students do with their transcript."""

from portal.activities.models import Session, StepRun
from portal.insights.models import Note

NOTE_LIMIT = 20_000


def annotate(session: Session, run: StepRun, text: str) -> None:
    """Keep a note beside a run; an empty one is taken away. One too long is cut."""
    text = text.replace("\r\n", "\n").replace("\0", "").strip()[:NOTE_LIMIT]
    if text:
        Note.objects.update_or_create(session=session, run=run, defaults={"text": text})
    else:
        Note.objects.filter(run=run).delete()
