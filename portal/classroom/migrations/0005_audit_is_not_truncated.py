"""PostgreSQL empties a table without asking its rows: the audit refuses that as well."""

from typing import Any

from django.db import migrations

TABLE = "classroom_auditentry"
# An empty one may be emptied: Django's flush, and so tests, name every table that there is. The
# table is asked by its number, since a temporary one of the same name would come first.
POSTGRESQL = [
    "CREATE FUNCTION audit_is_not_truncated() RETURNS trigger LANGUAGE plpgsql AS $$ "
    "DECLARE has_entries boolean; BEGIN "
    "EXECUTE 'SELECT EXISTS (SELECT FROM ' || TG_RELID::regclass || ')' INTO has_entries; "
    "IF has_entries THEN RAISE EXCEPTION 'the audit is append-only'; END IF; "
    "RETURN NULL; END $$",
    f"CREATE TRIGGER audit_no_truncate BEFORE TRUNCATE ON {TABLE} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION audit_is_not_truncated()",
]
BACK = [
    f"DROP TRIGGER audit_no_truncate ON {TABLE}",
    "DROP FUNCTION audit_is_not_truncated()",
]


def run(editor: Any, statements: list[str]) -> None:
    # SQLite has no TRUNCATE; what it has instead is a DELETE, which is refused already.
    if editor.connection.vendor == "postgresql":
        for statement in statements:
            editor.execute(statement)


def forwards(apps: Any, editor: Any) -> None:
    run(editor, POSTGRESQL)


def backwards(apps: Any, editor: Any) -> None:
    run(editor, BACK)


class Migration(migrations.Migration):
    dependencies = [("classroom", "0004_identities")]

    operations = [migrations.RunPython(forwards, backwards)]
