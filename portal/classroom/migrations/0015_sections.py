import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0014_grades")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="lms",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="What the roster's own system calls them: its columns, which its import wants.",
            ),
        ),
        migrations.CreateModel(
            name="Section",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "klass",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sections",
                        to="classroom.class",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
        ),
        migrations.AddField(
            model_name="membership",
            name="sections",
            field=models.ManyToManyField(
                blank=True, related_name="memberships", to="classroom.section"
            ),
        ),
        migrations.AddConstraint(
            model_name="section",
            constraint=models.UniqueConstraint(
                fields=("klass", "name"), name="one_section_per_name"
            ),
        ),
    ]
