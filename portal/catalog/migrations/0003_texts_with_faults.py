from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_handing_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="labversion",
            name="faulty",
            field=models.JSONField(
                editable=False,
                help_text="What its author has written since, and can't be read yet: `source` and `files`.",
                null=True,
            ),
        ),
    ]
