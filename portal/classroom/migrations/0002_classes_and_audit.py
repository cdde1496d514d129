"""Classes, their ways in, what is said in sessions, and the audit."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import portal.classroom.models.classes


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0002_owners_and_constraints"),
        ("catalog", "0001_labs"),
        ("classroom", "0001_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ("actor_id", models.BigIntegerField(null=True)),
                ("actor", models.CharField(max_length=150)),
                ("verb", models.CharField(db_index=True, max_length=40)),
                ("session_id", models.CharField(blank=True, db_index=True, max_length=16)),
                (
                    "owner",
                    models.CharField(blank=True, help_text="Whose session it is.", max_length=150),
                ),
                ("class_id", models.BigIntegerField(db_index=True, null=True)),
                ("detail", models.CharField(blank=True, max_length=500)),
            ],
            options={
                "verbose_name_plural": "audit",
                "ordering": ["-pk"],
            },
        ),
        migrations.AddField(
            model_name="user",
            name="is_guest",
            field=models.BooleanField(
                default=False, help_text="Came by a class's guest link: no password, one browser."
            ),
        ),
        migrations.CreateModel(
            name="Class",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "admits_guests",
                    models.BooleanField(
                        default=False,
                        help_text="Whoever has a guest link may try the lab without a login.",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "instructors",
                    models.ManyToManyField(
                        blank=True, related_name="taught_classes", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "lab",
                    models.ForeignKey(
                        blank=True,
                        help_text="What the overview shows first, and guests are given.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="classes",
                        to="catalog.lab",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "classes",
                "ordering": ["name", "pk"],
            },
        ),
        migrations.CreateModel(
            name="Hint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(max_length=1000)),
                (
                    "is_broadcast",
                    models.BooleanField(default=False, help_text="Said to the whole class."),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="hints",
                        to="activities.session",
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
            },
        ),
        migrations.CreateModel(
            name="JoinCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        default=portal.classroom.models.classes.new_code, max_length=16, unique=True
                    ),
                ),
                ("is_single_use", models.BooleanField(default=False)),
                (
                    "is_for_guests",
                    models.BooleanField(
                        default=False, help_text="Used as a link, without a login."
                    ),
                ),
                ("expires_at", models.DateTimeField()),
                ("uses", models.PositiveIntegerField(default=0)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="classroom.class",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "origin",
                    models.CharField(
                        choices=[
                            ("code", "join code"),
                            ("roster", "roster"),
                            ("guest", "guest link"),
                        ],
                        default="code",
                        max_length=8,
                    ),
                ),
                (
                    "made_account",
                    models.BooleanField(
                        default=False,
                        help_text="The class's roster made this login, so its instructors may renew its password.",
                    ),
                ),
                ("joined_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="classroom.class",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="class",
            name="members",
            field=models.ManyToManyField(
                related_name="classes", through="classroom.Membership", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.CreateModel(
            name="RaisedHand",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(blank=True, max_length=300)),
                ("step_id", models.CharField(blank=True, max_length=40)),
                ("raised_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "session",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="raised_hand",
                        to="activities.session",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("klass", "user"), name="one_membership_per_class"
            ),
        ),
    ]
