import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import portal.classroom.models.privacy


class Migration(migrations.Migration):
    dependencies = [("classroom", "0020_retention_and_deletion")]

    operations = [
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "pseudonym",
                    models.CharField(
                        default=portal.classroom.models.privacy.new_pseudonym,
                        max_length=20,
                        unique=True,
                    ),
                ),
                ("asked_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="KeptGrade",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=310)),
                ("identifiers", models.CharField(blank=True, max_length=400)),
                ("lab", models.CharField(max_length=120)),
                ("points", models.DecimalField(decimal_places=2, max_digits=9)),
                ("possible", models.DecimalField(decimal_places=2, max_digits=9)),
                ("completed_at", models.DateTimeField(null=True)),
                ("kept_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="kept",
                        to="classroom.class",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
            },
        ),
    ]
