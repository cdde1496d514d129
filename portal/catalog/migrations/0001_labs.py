"""Labs and their versions."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Lab",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.SlugField(max_length=40, unique=True)),
                ("title", models.CharField(blank=True, max_length=120)),
                (
                    "is_listed",
                    models.BooleanField(default=True, help_text="Shown on the page of labs."),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "loaded_digest",
                    models.CharField(
                        blank=True,
                        editable=False,
                        help_text="What its folder said when it was last loaded.",
                        max_length=64,
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="LabVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.PositiveIntegerField(editable=False)),
                (
                    "source",
                    models.TextField(help_text="lab.yaml, as docs/writing-labs.md describes it."),
                ),
                (
                    "files",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Text by path, for the files that 'from' names.",
                    ),
                ),
                ("digest", models.CharField(editable=False, max_length=64)),
                ("is_used", models.BooleanField(default=False, editable=False)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                ("published_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("retired_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "lab",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="versions",
                        to="catalog.lab",
                    ),
                ),
            ],
            options={
                "ordering": ["lab__name", "-number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("lab", "number"), name="one_lab_version_per_number"
                    )
                ],
            },
        ),
    ]
