"""The database itself refuses to change or remove what the audit says."""

from typing import Any

from django.db import migrations

TABLE = "classroom_auditentry"
SQLITE = [
    f"CREATE TRIGGER audit_no_{verb} BEFORE {verb} ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END"
    for verb in ("UPDATE", "DELETE")
]
POSTGRESQL = [
    "CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$",
    f"CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE ON {TABLE} "
    f"FOR EACH ROW EXECUTE FUNCTION audit_is_append_only()",
]
BACK = {
    "sqlite": ["DROP TRIGGER audit_no_UPDATE", "DROP TRIGGER audit_no_DELETE"],
    "postgresql": [
        f"DROP TRIGGER audit_no_change ON {TABLE}",
        "DROP FUNCTION audit_is_append_only()",
    ],
}


def run(editor: Any, statements: dict[str, list[str]]) -> None:
    for statement in statements.get(editor.connection.vendor, []):
        editor.execute(statement)


def forwards(apps: Any, editor: Any) -> None:
    run(editor, {"sqlite": SQLITE, "postgresql": POSTGRESQL})


def backwards(apps: Any, editor: Any) -> None:
    run(editor, BACK)


class Migration(migrations.Migration):
    dependencies = [("classroom", "0002_classes_and_audit")]

    operations = [migrations.RunPython(forwards, backwards)]
