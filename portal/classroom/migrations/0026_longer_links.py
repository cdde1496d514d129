from django.db import migrations, models

import portal.classroom.models.classes


class Migration(migrations.Migration):
    dependencies = [
        ("classroom", "0025_meetings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="joincode",
            name="code",
            field=models.CharField(
                default=portal.classroom.models.classes.new_code, max_length=32, unique=True
            ),
        ),
    ]
