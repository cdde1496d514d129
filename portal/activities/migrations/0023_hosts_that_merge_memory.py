from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0022_hosts_whose_processors_are_busy"),
    ]

    operations = [
        migrations.AddField(
            model_name="host",
            name="merging",
            field=models.JSONField(
                default=dict,
                help_text="Whether its kernel merges memory that is alike, where that is asked "
                "for, and what it saves.",
            ),
        ),
    ]
