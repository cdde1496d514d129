from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classroom", "0023_authors"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="mails_messages",
            field=models.BooleanField(
                default=False,
                help_text="What those who run their classes write to them comes by mail too.",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_author",
            field=models.BooleanField(
                default=False,
                help_text="Drafts labs, test-runs them, and hands them in.",
                verbose_name="writes labs",
            ),
        ),
    ]
