from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0009_one_live_session_per_lab"),
    ]

    operations = [
        migrations.AddField(
            model_name="preparation",
            name="error_details",
            field=models.JSONField(
                blank=True, default=dict, help_text="What it is about: its cause, a line, a record."
            ),
        ),
        migrations.AddField(
            model_name="session",
            name="error_details",
            field=models.JSONField(
                blank=True, default=dict, help_text="What it is about: its cause, a line, a record."
            ),
        ),
        migrations.AddField(
            model_name="steprun",
            name="error_details",
            field=models.JSONField(
                blank=True, default=dict, help_text="What it is about: its cause, a line, a record."
            ),
        ),
    ]
