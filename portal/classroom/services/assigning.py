"""A class's labs, and their order."""

from django.db import transaction
from django.db.models import Max

from portal.catalog.models import Lab
from portal.classroom.models import Assignment, Class


@transaction.atomic
def add(klass: Class, lab: Lab) -> Assignment:
    """One more lab at the end; the one that is there if the class has it already."""
    last = klass.assignments.aggregate(last=Max("position"))["last"]
    given, _ = Assignment.objects.get_or_create(
        klass=klass, lab=lab, defaults={"position": 0 if last is None else last + 1}
    )
    return given


@transaction.atomic
def move(given: Assignment, by: int) -> None:
    """So many places down; up if it is below nothing. At an end it stays where it is."""
    rows = list(Assignment.objects.select_for_update().filter(klass=given.klass_id))
    at = next(index for index, each in enumerate(rows) if each.pk == given.pk)
    rows.insert(max(0, at + by), rows.pop(at))
    for position, each in enumerate(rows):
        each.position = position
    Assignment.objects.bulk_update(rows, ["position"])
