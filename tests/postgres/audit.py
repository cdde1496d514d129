"""The audit can't be emptied either: run by test_database.py, on PostgreSQL."""

from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from portal.classroom import audit
from portal.classroom.models import AuditEntry

TABLE = AuditEntry._meta.db_table
MIGRATION = import_module("portal.classroom.migrations.0005_audit_is_not_truncated")


def run(sql: str) -> None:
    """One statement, in a transaction that it may spoil."""
    with transaction.atomic():
        connection.cursor().execute(sql)


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["", ", auth_group CASCADE", " RESTART IDENTITY"])
def test_an_audit_with_entries_is_not_emptied(how: str) -> None:
    audit.record(None, "stop")
    with pytest.raises(DatabaseError, match="append-only"):
        run(f"TRUNCATE {TABLE}{how}")
    assert AuditEntry.objects.get().verb == "stop"


@pytest.mark.django_db
def test_a_temporary_table_of_its_name_hides_nothing() -> None:
    audit.record(None, "stop")
    run(f"CREATE TEMPORARY TABLE {TABLE} (LIKE public.{TABLE}) ON COMMIT DROP")
    with pytest.raises(DatabaseError, match="append-only"):
        run(f"TRUNCATE public.{TABLE}")


@pytest.mark.django_db(transaction=True)
def test_flush_empties_a_database_whose_audit_is_empty() -> None:
    get_user_model().objects.create(username="ada")
    call_command("flush", verbosity=0, interactive=False)
    assert not get_user_model().objects.exists()


@pytest.mark.django_db
def test_its_migration_goes_back_and_forth() -> None:
    audit.record(None, "stop")
    with connection.schema_editor() as editor:
        MIGRATION.backwards(apps, editor)
        MIGRATION.forwards(apps, editor)
    with pytest.raises(DatabaseError, match="append-only"):
        run(f"TRUNCATE {TABLE}")
    with connection.schema_editor() as editor:
        MIGRATION.backwards(apps, editor)
    run(f"TRUNCATE {TABLE}")
    assert not AuditEntry.objects.exists()
