import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0016_fill_times_of_attempts"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="asleep_since",
            field=models.DateTimeField(
                blank=True, help_text="Its cluster stands still, until somebody comes.", null=True
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="slept_seconds",
            field=models.FloatField(default=0.0, help_text="How long it has slept before, in all."),
        ),
        migrations.AddField(
            model_name="session",
            name="wanted_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="When anybody last had it open, or used it.",
            ),
        ),
    ]
