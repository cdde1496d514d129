"""Extractions that were kept before `because` was, told by the beginning of their reason."""

from typing import Any

from django.db import migrations


def fill(apps: Any, editor: Any) -> None:
    """A reason that began so was Spark's doing."""
    kept = apps.get_model("results", "Extraction").objects.exclude(reason="")
    kept.filter(reason__startswith="toDF()").update(because="first-row")
    kept.exclude(reason__startswith="toDF()").update(because="chosen")


class Migration(migrations.Migration):
    dependencies = [
        ("results", "0003_what_was_read"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
