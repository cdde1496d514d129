"""Tasks of classes and authors."""

from celery import shared_task
from django.core import mail

from portal.activities import rehearsal
from portal.activities.models import Session


@shared_task
def rehearse(session_id: str) -> None:
    """Run a lab from its first step to its last; the session's page shows it meanwhile."""
    session = Session.objects.select_related("version__lab").get(pk=session_id)
    try:
        for _ in rehearsal.rehearse(session):
            pass
    finally:
        rehearsal.tear_down(session)


@shared_task
def send_mail(subject: str, body: str, address: str) -> None:
    """Send a mail. What can't be sent is in the worker's log."""
    mail.send_mail(subject, body, None, [address])
