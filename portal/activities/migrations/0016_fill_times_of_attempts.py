from datetime import UTC

import yaml
from django.db import migrations

GOOD = ("passed", "serving")


def weights_of(version):
    """Each step's weight, of a text that may be a later portal's or a broken one."""
    try:
        steps = yaml.safe_load(version.source)["steps"]
        return {each["id"]: each.get("weight", 1) for each in steps}
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return {}


def fill(apps, schema_editor):
    """Note in each attempt what its version's steps count, and when each was done first."""
    attempt = apps.get_model("activities", "Attempt")
    run_model = apps.get_model("activities", "StepRun")
    weights = {}
    for row in attempt.objects.select_related("session__version").iterator(chunk_size=500):
        version = row.session.version
        if version.pk not in weights:
            weights[version.pk] = weights_of(version)
        runs = run_model.objects.filter(
            session_id=row.session_id, generation=row.generation, status__in=GOOD
        )
        times = {}
        for run in runs.order_by("pk").defer("output", "evidence"):
            at = run.finished_at or run.started_at or run.created_at
            times.setdefault(run.step_id, at.astimezone(UTC).isoformat())
        row.weights = weights[version.pk]
        row.done_at = {step: times[step] for step in row.done if step in times}
        row.save(update_fields=["weights", "done_at"])


class Migration(migrations.Migration):
    dependencies = [("activities", "0015_attempts_keep_times")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
