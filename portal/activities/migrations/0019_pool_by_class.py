from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0018_pool"),
    ]

    operations = [
        migrations.AddField(
            model_name="poolcluster",
            name="is_warm",
            field=models.BooleanField(default=True, help_text="Its pyspark starts with it."),
        ),
        migrations.AddField(
            model_name="poolcluster",
            name="kept_for",
            field=models.CharField(
                blank=True, help_text="Only those of whoever wanted it may take it.", max_length=40
            ),
        ),
        migrations.AlterField(
            model_name="host",
            name="pool",
            field=models.JSONField(
                default=list,
                help_text="By lab and for whom: how many clusters are wanted, are ready, and why not more.",
            ),
        ),
    ]
