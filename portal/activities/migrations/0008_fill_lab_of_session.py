from django.db import migrations
from django.db.models import OuterRef, Subquery
from django.utils import timezone

LIVE = ["queued", "starting", "ready", "stopping", "failed"]


def fill(apps, schema_editor):
    """Note each session's lab; of several live ones of a student and lab, the newest stays.

    The reconciler ends the clusters of the others: they are wanted by no session then.
    """
    session = apps.get_model("activities", "Session")
    version = apps.get_model("catalog", "LabVersion")
    lab = version.objects.filter(pk=OuterRef("version")).values("lab")
    session.objects.update(lab=Subquery(lab))
    seen = set()
    live = session.objects.filter(status__in=LIVE, is_rehearsal=False).order_by("-created_at")
    for pk, owner, lab in live.values_list("pk", "owner", "lab"):
        if (owner, lab) in seen:
            session.objects.filter(pk=pk).update(
                status="ended", desired="down", ended_at=timezone.now()
            )
        seen.add((owner, lab))


class Migration(migrations.Migration):
    dependencies = [("activities", "0007_lab_of_session")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
