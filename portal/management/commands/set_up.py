"""`manage.py set_up`: make the database ready for this release, before its processes start."""

import os
import time
from argparse import ArgumentParser
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.loader import MigrationLoader

from portal import bucket
from portal.classroom.models import User
from portal.classroom.services import make_person
from portal.health import is_migrated

REFUSED = (
    "The database refuses the password. It keeps the one that it was first started with: put that "
    "one into SLUICE_DATABASE_PASSWORD, or give it the new one: "
    "docker compose exec postgres psql -U sluice -c '\\password'"
)
NOBODY = "Nobody has set the database up: what does the other set_up say, whose log is its own?"
WAIT_SECONDS = 600.0
PAUSE_SECONDS = 1.0
NO_ADMIN = (
    "There is no admin yet. Set SLUICE_ADMIN_PASSWORD for a first one; once it is made, the "
    "password can be removed from the environment."
)


class Command(BaseCommand):
    """Checks the settings, migrates, loads the labs, makes the first admin. Safe to repeat."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Whether to do it, or to wait for whoever does."""
        parser.add_argument(
            "--wait",
            action="store_true",
            help="only wait until another has set the database up for this release",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Stop at the first thing that is wrong, and say what to do."""
        if options["wait"]:
            wait_for_another()
            return
        call_command("check", deploy=True)  # Errors stop it; of what can be lived with, it tells.
        call_command("check", "--tag", "security", deploy=True, fail_level="WARNING")
        reach()
        reach_bucket()
        refuse_newer()
        call_command("migrate", verbosity=1, interactive=False, stdout=self.stdout)
        call_command("load_labs", stdout=self.stdout)
        name = os.environ.get("SLUICE_ADMIN") or "admin"
        if make_first_admin(name, os.environ.get("SLUICE_ADMIN_PASSWORD", "")):
            self.stdout.write(f"The first admin is {name}.")


def wait_for_another() -> None:
    """Return once the database is of this release. Raises CommandError when nobody sees to it."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not is_set_up():
        if time.monotonic() > deadline:
            raise CommandError(NOBODY)
        time.sleep(PAUSE_SECONDS)


def is_set_up() -> bool:
    """Whether it is, as far as one can tell. Raises CommandError for a later release's."""
    try:
        refuse_newer()
        return is_migrated()
    except DatabaseError:
        connection.close()  # It may be starting.
        return False


def reach() -> None:
    """Connect to the database. Raises CommandError."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        if "password" in str(error):
            raise CommandError(REFUSED) from error
        raise CommandError(f"The database can't be used: {error}") from error


def reach_bucket() -> None:
    """Put something into the bucket, if there is one. Raises CommandError."""
    if said := bucket.trouble(writes=True):
        raise CommandError(said)


def refuse_newer() -> None:
    """Raise CommandError for a schema that a later release has made."""
    loader = MigrationLoader(connection)
    ours = {app for app, _ in loader.disk_migrations}
    unknown = sorted(
        f"{app}.{name}"
        for app, name in loader.applied_migrations
        if app in ours and (app, name) not in loader.disk_migrations
    )
    if unknown:
        raise CommandError(
            f"A later release has been here: this one doesn't know {', '.join(unknown)}. Start "
            "that release, or restore a backup from before."
        )


def make_first_admin(name: str, password: str) -> bool:
    """Make an admin if there is none. Raises CommandError for a password that won't do."""
    if User.objects.filter(role=User.Role.ADMIN, is_active=True).exists():
        return False
    if not password:
        raise CommandError(NO_ADMIN)
    if User.objects.filter(username=name).exists():
        raise CommandError(f"{name} is somebody else's login: choose another SLUICE_ADMIN.")
    try:
        validate_password(password, User(username=name))
    except ValidationError as error:
        raise CommandError(f"SLUICE_ADMIN_PASSWORD: {' '.join(error.messages)}") from error
    make_person(name, User.Role.ADMIN, password)
    return True
