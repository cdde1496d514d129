from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0019_pool_by_class"),
    ]

    operations = [
        migrations.AddField(
            model_name="host",
            name="swap",
            field=models.JSONField(
                default=dict,
                help_text="Its kind, bytes of it, and whether who sleeps gives memory back.",
            ),
        ),
    ]
