"""How much of a person's extracted rows is kept: the newest, up to so many bytes."""

from django.conf import settings

from portal.results import store
from portal.results.models import Extraction


def make_room(newest: Extraction) -> int:
    """Drop the rows of a person's oldest extractions until all fit; return of how many.

    What is known of an extraction stays with its row. The newest stays, whatever its size.
    """
    left = settings.SLUICE_RESULT_MB << 20
    theirs = Extraction.objects.filter(session__owner=newest.session.owner_id).exclude(store="")
    dropped = 0
    for pk, name, size in list(theirs.order_by("-pk").values_list("pk", "store", "size")):
        left -= size
        if left >= 0 or pk == newest.pk:
            continue
        Extraction.objects.filter(pk=pk).update(store="")
        store.remove(name)
        dropped += 1
    return dropped
