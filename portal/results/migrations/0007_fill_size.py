"""What the files of extractions take that were kept before their size was."""

from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations


def fill(apps: Any, editor: Any) -> None:
    """Until now each is in the folder; one that is gone takes nothing."""
    kept = apps.get_model("results", "Extraction").objects.exclude(store="")
    for pk, name in kept.values_list("pk", "store").iterator():
        with suppress(FileNotFoundError):
            path = Path(settings.VAR_DIR) / "results" / f"{name}.duckdb"
            kept.filter(pk=pk).update(size=path.stat().st_size)


class Migration(migrations.Migration):
    dependencies = [
        ("results", "0006_size_of_rows"),
    ]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
