from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("results", "0002_rows_in_files"),
    ]

    operations = [
        migrations.AddField(
            model_name="extraction",
            name="because",
            field=models.CharField(
                blank=True, help_text="The same for programs: first-row or chosen.", max_length=20
            ),
        ),
        migrations.AddField(
            model_name="extraction",
            name="findings",
            field=models.JSONField(
                default=list, help_text="Where the table says otherwise than its records."
            ),
        ),
        migrations.AddField(
            model_name="extraction",
            name="places",
            field=models.JSONField(
                default=list, help_text="What Spark read: topic, partition, offsets, in its order."
            ),
        ),
    ]
