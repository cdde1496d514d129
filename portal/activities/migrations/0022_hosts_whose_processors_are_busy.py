from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0021_hosts_that_take_none"),
    ]

    operations = [
        migrations.AddField(
            model_name="host",
            name="is_busy",
            field=models.BooleanField(
                default=False, help_text="Its processors have no time for one more."
            ),
        ),
    ]
