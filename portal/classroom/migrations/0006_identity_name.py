"""What an identity provider calls somebody, for their account's page."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0005_audit_is_not_truncated")]

    operations = [
        migrations.AddField(
            model_name="identity",
            name="name",
            field=models.CharField(blank=True, default="", max_length=255),
            preserve_default=False,
        )
    ]
