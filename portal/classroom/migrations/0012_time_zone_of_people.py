from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0011_class_by_staff")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(
                blank=True,
                help_text="Theirs, as they have chosen; or as their browser says.",
                max_length=60,
            ),
        ),
    ]
