import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0016_archived_classes")]

    operations = [
        migrations.AlterModelOptions(
            name="raisedhand",
            options={"ordering": ["raised_at", "pk"]},
        ),
        migrations.AddField(
            model_name="raisedhand",
            name="claimed_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="raisedhand",
            name="claimed_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
