from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classroom", "0026_longer_links"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="toured_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When they had seen the tour, or put it away.",
                null=True,
            ),
        ),
    ]
