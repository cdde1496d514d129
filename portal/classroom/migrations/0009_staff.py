import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0008_sign_outs")]

    operations = [
        migrations.CreateModel(
            name="Staff",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("owner", "Owner"),
                            ("instructor", "Instructor"),
                            ("assistant", "Assistant"),
                        ],
                        default="instructor",
                        max_length=10,
                    ),
                ),
                (
                    "may_grade",
                    models.BooleanField(
                        default=False,
                        help_text="An assistant sees no grades and gives none without this.",
                    ),
                ),
                (
                    "since",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staffing",
                        to="classroom.class",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="staffing",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["pk"],
                "verbose_name_plural": "staff",
                "constraints": [
                    models.UniqueConstraint(fields=("klass", "user"), name="one_role_per_class")
                ],
            },
        ),
    ]
