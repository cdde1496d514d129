from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0015_sections")]

    operations = [
        migrations.AddField(
            model_name="class",
            name="archived_at",
            field=models.DateTimeField(
                blank=True, help_text="Since then it is only to be looked at.", null=True
            ),
        ),
    ]
