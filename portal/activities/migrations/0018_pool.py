import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

import portal.activities.models.pool


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0017_sleep"),
        ("catalog", "0002_handing_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="cluster",
            field=models.CharField(
                default="",
                editable=False,
                help_text="Its cluster's name on the host.",
                max_length=16,
            ),
            preserve_default=False,
        ),
        migrations.RunSQL("UPDATE activities_session SET cluster = id", migrations.RunSQL.noop),
        migrations.AddField(
            model_name="host",
            name="pool",
            field=models.JSONField(
                default=list,
                help_text="By lab: how many clusters are wanted, are ready, and why not more.",
            ),
        ),
        migrations.CreateModel(
            name="PoolCluster",
            fields=[
                (
                    "name",
                    models.CharField(
                        default=portal.activities.models.pool.new_cluster_name,
                        max_length=16,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("host", models.CharField(max_length=60)),
                ("runtime", models.CharField(max_length=20)),
                (
                    "made_from",
                    models.CharField(
                        help_text="A digest of its version and of its images: other ones, other pool.",
                        max_length=64,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("filling", "filling"), ("ready", "ready")],
                        default="filling",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "beat_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        help_text="Last sign of life of the task that fills it.",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="catalog.labversion",
                    ),
                ),
            ],
            options={"ordering": ["created_at", "pk"]},
        ),
    ]
