from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0012_time_zone_of_people"), ("catalog", "0001_labs")]

    operations = [
        migrations.AddField(
            model_name="class",
            name="counts",
            field=models.CharField(
                choices=[("best", "the best"), ("last", "the last"), ("first", "the first")],
                default="best",
                help_text="Which of a student's attempts at a lab counts.",
                max_length=5,
            ),
        ),
        migrations.AddField(
            model_name="class",
            name="quiet_at",
            field=models.TimeField(
                blank=True,
                help_text="All clusters of its students end at this time of the class's day.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="class",
            name="time_zone",
            field=models.CharField(
                blank=True,
                help_text="Whose clock deadlines go by; the portal's own if empty.",
                max_length=60,
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="time_multiplier",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("1"),
                help_text="An accommodation: so many times as long until a deadline, and in a session.",
                max_digits=3,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("1")),
                    django.core.validators.MaxValueValidator(Decimal("5")),
                ],
            ),
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("position", models.PositiveIntegerField(default=0)),
                (
                    "runtime",
                    models.CharField(
                        blank=True,
                        help_text="What runs its clusters; the portal's own if empty.",
                        max_length=20,
                    ),
                ),
                (
                    "points",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="What all of it is worth; the weights of its steps together if empty.",
                        max_digits=6,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(Decimal("0"))],
                    ),
                ),
                (
                    "opens_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="It can't be launched before, and nothing counts.",
                        null=True,
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="What passes later counts less, by the rule below.",
                        null=True,
                    ),
                ),
                (
                    "closes_at",
                    models.DateTimeField(
                        blank=True, help_text="What passes later counts nothing.", null=True
                    ),
                ),
                (
                    "late_percent",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Taken off for each day late that has begun.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                    ),
                ),
                (
                    "late_floor",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="It never counts less than this, until it closes.",
                        validators=[django.core.validators.MaxValueValidator(100)],
                    ),
                ),
                (
                    "lms_column",
                    models.CharField(
                        blank=True,
                        help_text="What its column is called in Canvas, such as “Third lab (4711)”.",
                        max_length=200,
                    ),
                ),
                (
                    "given_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="classroom.class",
                    ),
                ),
                (
                    "lab",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="catalog.lab",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        blank=True,
                        help_text="What is launched; the newest published one if none is chosen.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="catalog.labversion",
                    ),
                ),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Extension",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("due_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("given_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "assignment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="extensions",
                        to="classroom.assignment",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="assignment",
            constraint=models.UniqueConstraint(
                fields=("klass", "lab"), name="one_assignment_per_lab"
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.UniqueConstraint(
                fields=("assignment", "user"), name="one_extension_per_student"
            ),
        ),
    ]
