from django.db import migrations, models
from django.db.models.deletion import PROTECT

LIVE = ["queued", "starting", "ready", "stopping", "failed"]
NAME = "one_live_session_per_student_and_lab"


class Migration(migrations.Migration):
    dependencies = [("activities", "0008_fill_lab_of_session")]

    operations = [
        migrations.AlterField(
            model_name="session",
            name="lab",
            field=models.ForeignKey(
                editable=False,
                help_text="The version's.",
                on_delete=PROTECT,
                related_name="+",
                to="catalog.lab",
            ),
        ),
        migrations.RemoveConstraint(model_name="session", name=NAME),
        migrations.AddConstraint(
            model_name="session",
            constraint=models.UniqueConstraint(
                fields=["owner", "lab"],
                condition=models.Q(("is_rehearsal", False), ("status__in", LIVE)),
                name=NAME,
            ),
        ),
    ]
