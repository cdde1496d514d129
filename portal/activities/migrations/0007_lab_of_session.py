from django.db import migrations, models
from django.db.models.deletion import PROTECT


class Migration(migrations.Migration):
    dependencies = [
        ("activities", "0006_files_put"),
        ("catalog", "0001_labs"),
    ]

    operations = [
        migrations.AddField(
            model_name="session",
            name="lab",
            field=models.ForeignKey(
                editable=False,
                help_text="The version's.",
                null=True,
                on_delete=PROTECT,
                related_name="+",
                to="catalog.lab",
            ),
        ),
    ]
