from django.db import migrations


def fill(apps, schema_editor):
    """Whoever has taught a class the longest owns it; the others are its instructors."""
    klass_model, staff = apps.get_model("classroom", "Class"), apps.get_model("classroom", "Staff")
    through = klass_model.instructors.through
    owned = set()
    for row in through.objects.order_by("pk"):
        role = "instructor" if row.class_id in owned else "owner"
        owned.add(row.class_id)
        staff.objects.get_or_create(
            klass_id=row.class_id, user_id=row.user_id, defaults={"role": role}
        )


def empty(apps, schema_editor):
    """Back to one list of instructors; assistants were none."""
    klass_model, staff = apps.get_model("classroom", "Class"), apps.get_model("classroom", "Staff")
    for row in staff.objects.exclude(role="assistant").select_related("klass"):
        klass_model.objects.get(pk=row.klass_id).instructors.add(row.user_id)


class Migration(migrations.Migration):
    dependencies = [("classroom", "0009_staff")]

    operations = [migrations.RunPython(fill, empty)]
