import yaml
from django.db import migrations

GOOD = ("passed", "serving")


def steps_of(version):
    """Each step's id, weight and kind, of a text that may be a later portal's or a broken one."""
    try:
        steps = yaml.safe_load(version.source)["steps"]
        return [(each["id"], each.get("weight", 1), each["run"]["kind"]) for each in steps]
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return []


def fill(apps, schema_editor):
    """Make an attempt of each cluster on which a step was done."""
    run_model = apps.get_model("activities", "StepRun")
    attempt = apps.get_model("activities", "Attempt")
    runs = run_model.objects.filter(status__in=GOOD, session__is_rehearsal=False)
    found = {}
    for run in runs.select_related("session__version").order_by("pk").defer("output"):
        at = run.finished_at or run.started_at or run.created_at
        steps = found.setdefault((run.session_id, run.generation), (run.session, {}))[1]
        steps.setdefault(run.step_id, at)
    parsed = {}
    for (session_id, generation), (session, done) in found.items():
        if session.version_id not in parsed:
            parsed[session.version_id] = steps_of(session.version)
        steps = parsed[session.version_id]
        points_of = sum(weight for _, weight, _ in steps)
        points = sum(weight for name, weight, _ in steps if name in done)
        wanted = {name for name, _, kind in steps if kind != "down"}
        last = max(done.values())
        attempt.objects.get_or_create(
            session_id=session_id,
            generation=generation,
            defaults={
                "owner_id": session.owner_id,
                "lab_id": session.lab_id,
                "done": list(done),
                "steps": len(steps),
                "points": points,
                "points_of": points_of,
                "share": points / points_of if points_of else 1.0,
                "began_at": min(done.values()),
                "moved_at": last,
                "completed_at": last if wanted and wanted <= set(done) else None,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("activities", "0011_attempts")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
