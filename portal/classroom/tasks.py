"""Tasks of classes."""

from celery import shared_task
from django.core import mail


@shared_task
def send_mail(subject: str, body: str, address: str) -> None:
    """Send a mail. What can't be sent is in the worker's log."""
    mail.send_mail(subject, body, None, [address])
