"""`manage.py up`: the whole portal on embedded defaults, until control-C."""

import contextlib
import os
import signal
import subprocess
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from portal import disk, supervision
from portal.classroom.services import make_demo_people
from portal.runner.services.clusters import end_everything

DISK_SECONDS = 5.0
DISK_IS_FULL = (
    f"The disk that holds {settings.VAR_DIR} is full: nothing new can be launched, and little can "
    "be kept. Make room there; all else goes on by itself."
)


class Command(BaseCommand):
    """Migrates, loads the labs, makes demo logins, and runs every process."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Start, say where, wait, end everything."""
        if supervision.running() is not None:
            self.stdout.write(f"Sluice is running already: {address()}")
            return
        try:
            supervision.fail_if_port_is_taken()
            self.prepare()
            passwords = make_demo_people()
            supervisor = supervision.start()
            signal.signal(signal.SIGTERM, interrupt)
            try:
                supervision.wait_until_it_answers(supervisor)
                self.greet(passwords)
                if self.wait(supervisor) < 0:
                    raise supervision.CannotStart(
                        "The supervisor was killed; all it ran has ended. Run 'make up' again."
                    )
            except KeyboardInterrupt:
                self.stdout.write("\nEnding the portal and every cluster …")
            finally:
                for number in (signal.SIGINT, signal.SIGTERM):
                    signal.signal(number, signal.SIG_IGN)
                # Not by what is noted in var/: somebody may have removed that.
                supervision.end(supervisor)
                with supervision.ending():
                    end_everything(settings.HOST_NAME)
        except supervision.CannotStart as error:
            raise CommandError(str(error)) from error
        except (OSError, DatabaseError) as error:
            if disk.says_full(error):
                raise CommandError(DISK_IS_FULL) from error
            raise

    def wait(self, supervisor: "subprocess.Popen[bytes]") -> int:
        """Wait for the supervisor's end; say it once when the disk is full, and when it isn't."""
        was_full = False
        while True:
            is_full = disk.is_full()
            if is_full is not was_full:
                self.stdout.write(DISK_IS_FULL if is_full else "There is room on the disk again.")
                self.stdout.flush()
            was_full = is_full
            with contextlib.suppress(subprocess.TimeoutExpired):
                return supervisor.wait(DISK_SECONDS)

    def prepare(self) -> None:
        """Bring the database and the labs up to date."""
        os.umask(0o077)
        call_command("migrate", verbosity=0, interactive=False)
        call_command("load_labs", stdout=self.stdout)

    def greet(self, passwords: dict[str, str]) -> None:
        """Say where it is, and the new logins; passwords are shown this once."""
        self.stdout.write(self.style.SUCCESS(f"\nSluice is ready: {address()}\n"))
        if passwords:
            self.stdout.write("Demo logins, shown this once (change them at /password/):")
            for username, password in passwords.items():
                self.stdout.write(f"  {username:<12}{password}")
        else:
            self.stdout.write(
                "Demo logins were shown when they were made. A new password for one: "
                "make password WHO=student"
            )
        self.stdout.write("\nControl-C here, or make down, ends everything.")
        self.stdout.flush()


def address() -> str:
    """Where people find it."""
    if "SLUICE_ADDRESS" in os.environ:
        return str(settings.ADDRESS)
    return f"http://localhost:{supervision.port()}"


def interrupt(number: int, frame: object) -> None:
    """Being told to end is control-C."""
    raise KeyboardInterrupt
