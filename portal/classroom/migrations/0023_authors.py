from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("classroom", "0022_audit_by_pseudonym"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_author",
            field=models.BooleanField(
                default=False,
                help_text="Drafts labs in the admin, test-runs them, and hands them in.",
                verbose_name="writes labs",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="may_publish",
            field=models.BooleanField(
                default=False,
                help_text="Decides what students are offered: publishes and retires labs.",
            ),
        ),
    ]
