import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0003_texts_with_faults"),
        ("classroom", "0024_messages_by_mail"),
    ]

    operations = [
        migrations.CreateModel(
            name="Meeting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("on", models.DateField()),
                (
                    "last_on",
                    models.DateField(
                        blank=True,
                        help_text="On the same day of each week until then; only once if empty.",
                        null=True,
                    ),
                ),
                (
                    "ready_at",
                    models.TimeField(
                        help_text="The clusters are up by then: the portal begins some minutes before."
                    ),
                ),
                ("begins_at", models.TimeField()),
                (
                    "ends_at",
                    models.TimeField(
                        help_text="Ready clusters that nobody has taken end then. Those in use stay."
                    ),
                ),
                (
                    "clusters",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="So many are up before anybody asks: who launches gets one at once.",
                        validators=[django.core.validators.MaxValueValidator(500)],
                    ),
                ),
                (
                    "warm",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="In so many of these pyspark has started too, which takes more memory.",
                        validators=[django.core.validators.MaxValueValidator(500)],
                    ),
                ),
                (
                    "places",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="So many are kept for students of the class, while others wait in line.",
                        validators=[django.core.validators.MaxValueValidator(500)],
                    ),
                ),
                (
                    "keep_minutes",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="Until so many minutes after the beginning. Then they are for all.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(240),
                        ],
                    ),
                ),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="meetings",
                        to="classroom.class",
                    ),
                ),
                (
                    "lab",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.lab",
                    ),
                ),
            ],
            options={
                "ordering": ["on", "ready_at", "pk"],
            },
        ),
    ]
