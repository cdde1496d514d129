"""The audit stays append-only but for one thing: names give way to the pseudonym of an erasure.

Only while that erasure is under way, and of an entry nothing else can change with it.
"""

from typing import Any

from django.db import migrations

TABLE, ERASURES = "classroom_auditentry", "classroom_erasure"
REFUSED = "the audit is append-only"


def allowed(same: str, place: str) -> str:
    """What may change; databases differ in how they compare nothing, and look for a text."""
    return (
        f"NEW.id = OLD.id AND NEW.at = OLD.at AND NEW.verb = OLD.verb "
        f"AND NEW.session_id = OLD.session_id AND NEW.class_id {same} OLD.class_id "
        f"AND EXISTS (SELECT 1 FROM {ERASURES} e WHERE e.finished_at IS NULL "
        f"AND (NEW.actor = OLD.actor OR NEW.actor = e.pseudonym) "
        f"AND (NEW.owner = OLD.owner OR NEW.owner = e.pseudonym) "
        f"AND (NEW.actor_id {same} OLD.actor_id OR NEW.actor_id IS NULL) "
        f"AND (NEW.detail = OLD.detail OR {place}(NEW.detail, e.pseudonym) > 0))"
    )


SQLITE = [
    "DROP TRIGGER audit_no_UPDATE",
    f"CREATE TRIGGER audit_no_UPDATE BEFORE UPDATE ON {TABLE} WHEN NOT ({allowed('IS', 'instr')}) "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
]
SQLITE_BACK = [
    "DROP TRIGGER audit_no_UPDATE",
    f"CREATE TRIGGER audit_no_UPDATE BEFORE UPDATE ON {TABLE} "
    f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END",
]
FUNCTION = (
    "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN {} RAISE EXCEPTION '" + REFUSED + "'; END $$"
)
IN_PART = (
    "IF TG_OP = 'UPDATE' THEN IF "
    + allowed("IS NOT DISTINCT FROM", "strpos")
    + " THEN RETURN NEW; END IF; END IF;"
)
FORWARDS = {"sqlite": SQLITE, "postgresql": [FUNCTION.format(IN_PART)]}
BACK = {"sqlite": SQLITE_BACK, "postgresql": [FUNCTION.format("")]}


def run(editor: Any, statements: dict[str, list[str]]) -> None:
    for statement in statements.get(editor.connection.vendor, []):
        editor.execute(statement)


def forwards(apps: Any, editor: Any) -> None:
    run(editor, FORWARDS)


def backwards(apps: Any, editor: Any) -> None:
    run(editor, BACK)


class Migration(migrations.Migration):
    dependencies = [("classroom", "0021_erasures")]

    operations = [migrations.RunPython(forwards, backwards)]
