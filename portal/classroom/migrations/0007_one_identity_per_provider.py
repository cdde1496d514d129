"""A login is connected to one person of a provider at most."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0006_identity_name")]

    operations = [
        migrations.AddConstraint(
            model_name="identity",
            constraint=models.UniqueConstraint(
                fields=("user", "issuer"), name="one_identity_per_provider"
            ),
        )
    ]
