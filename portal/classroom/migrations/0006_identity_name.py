"""What an identity provider calls somebody, for their account's page."""

from django.db import migrations, models

NAME = models.CharField(blank=True, default="", max_length=255)


class Migration(migrations.Migration):
    dependencies = [("classroom", "0005_audit_is_not_truncated")]

    operations = [migrations.AddField("identity", "name", NAME, preserve_default=False)]
