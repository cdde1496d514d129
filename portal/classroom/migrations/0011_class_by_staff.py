from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0010_fill_staff")]

    operations = [
        migrations.RemoveField(model_name="class", name="instructors"),
        migrations.AddField(
            model_name="class",
            name="staff",
            field=models.ManyToManyField(
                related_name="staffed_classes",
                through="classroom.Staff",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
