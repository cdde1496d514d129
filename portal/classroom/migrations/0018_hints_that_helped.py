from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("classroom", "0017_hands_claimed")]

    operations = [
        migrations.AddField(
            model_name="hint",
            name="has_helped",
            field=models.BooleanField(
                help_text="What its student said as they put it away, if anything.", null=True
            ),
        ),
    ]
