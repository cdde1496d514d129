import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("activities", "0014_is_traced")]

    operations = [
        migrations.AddField(
            model_name="attempt",
            name="done_at",
            field=models.JSONField(
                default=dict,
                help_text="When each of them was done first, as ISO 8601 in UTC, by its id.",
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="weights",
            field=models.JSONField(
                default=dict, help_text="What each step of the version counts, by its id."
            ),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="session",
            field=models.ForeignKey(
                help_text="Nothing once what the session recorded is no longer kept.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="attempts",
                to="activities.session",
            ),
        ),
    ]
