from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0001_labs"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="labversion",
            options={
                "ordering": ["lab__name", "-number"],
                "permissions": [("publish_labversion", "Can publish and retire versions of labs")],
            },
        ),
        migrations.AddField(
            model_name="labversion",
            name="handed_in_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Its author holds it to be ready; somebody who may publish is to look at it.",
                null=True,
            ),
        ),
    ]
