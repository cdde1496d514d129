import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0019_notes_on_students")]

    operations = [
        migrations.AddField(
            model_name="class",
            name="delete_at",
            field=models.DateTimeField(
                blank=True,
                help_text="It is to go then, unless somebody keeps it after all.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="class",
            name="keep_days",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="What sessions of its students recorded goes so many days after they ended; points and grades stay. For ever if empty.",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
    ]
