"""Have a host's images prepared: an admin's wish, which the host's own worker carries out."""

from django.db import IntegrityError, transaction

from portal.activities.models import ACTIVE, Host, Preparation


def request(host: Host, asked_by: str) -> tuple[Preparation, bool]:
    """Make a preparation, or return the one under way: a second click is harmless.

    The second value says whether it is new, and has to be queued.
    """
    try:
        with transaction.atomic():
            return Preparation.objects.create(host=host, asked_by=asked_by), True
    except IntegrityError:
        if found := host.preparations.filter(status__in=ACTIVE).first():
            return found, False
        raise
