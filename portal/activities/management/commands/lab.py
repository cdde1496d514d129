"""`manage.py lab run NAME`: do a whole lab on a real cluster, without a browser.

`manage.py lab take-home NAME FILE`: write the lab as a zip that runs on any Docker.
"""

import json
import signal
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from portal import supervision
from portal.activities import home, rehearsal
from portal.activities.models import Session
from portal.activities.rehearsal import StepReport
from portal.activities.services import sessions
from portal.catalog.models import LabVersion
from portal.catalog.queries import latest_version
from portal.engine.parse import LabInvalid

REHEARSER = "rehearsal"


class Command(BaseCommand):
    """A line a step: its name, passed or why not, seconds. Exit status 0 only if all passed."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which lab."""
        parser.add_argument("verb", choices=["run", "take-home"])
        parser.add_argument("name", help="the lab, as its folder in labs/ is called")
        parser.add_argument("file", nargs="?", type=Path, help="take-home: the zip to write")
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")
        parser.add_argument("--keep", action="store_true", help="leave the cluster up at the end")
        parser.add_argument(
            "--runtime",
            default=settings.SLUICE_DEFAULT_RUNTIME,
            choices=sorted(settings.SLUICE_RUNTIMES),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Take it home, or run it and end the session whatever happens."""
        call_command("migrate", verbosity=0, interactive=False)
        if options["verb"] == "take-home":
            self.take_home(self.find(options["name"]), options["file"])
            return
        signal.signal(signal.SIGTERM, interrupt)
        with supervision.redis():
            version = self.find(options["name"])
            owner, _ = get_user_model().objects.get_or_create(username=REHEARSER)
            session, _ = sessions.launch(
                owner.pk,
                version,
                runtime=options["runtime"],
                host=settings.HOST_NAME,
                is_rehearsal=True,
            )
            reports = self.run(session, keep=options["keep"], quiet=options["json"])
        is_good = all(each.passed for each in reports)
        if options["json"]:
            self.stdout.write(json.dumps(as_json(session, reports, is_good), indent=2))
        if options["keep"]:
            where = self.stderr if options["json"] else self.stdout
            where.write(f"The session is still up: {settings.ADDRESS}/s/{session.pk}/")
        if not is_good:
            raise SystemExit(1)

    def take_home(self, version: LabVersion, file: Path | None) -> None:
        """Write the zip. Raises CommandError."""
        file = file or Path(home.file_name(version))
        try:
            file.write_bytes(home.zip_of(version))
        except LabInvalid as error:
            raise CommandError(f"{version} can't be read: {error}") from error
        except KeyError as error:
            raise CommandError(f"There is no image {error}: see SLUICE_IMAGES.") from error
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote {version} to {file}")

    def find(self, name: str) -> LabVersion:
        """The newest version, from the folder if it was never loaded. Raises CommandError."""
        folder = Path(settings.LABS_DIR) / name
        if latest_version(name) is None and (folder / "lab.yaml").exists():
            call_command("load_labs", stdout=self.stderr)
        version = latest_version(name)
        if version is None:
            raise CommandError(f"There is no published lab {name!r}; labs/{name}/lab.yaml is none.")
        return version

    def run(self, session: Session, *, keep: bool, quiet: bool) -> list[StepReport]:
        """Do every step, telling each as it ends; then tear down."""
        reports: list[StepReport] = []
        try:
            for each in rehearsal.rehearse(session):
                reports.append(each)
                self.tell(each, quiet)
        finally:
            if not keep:
                for each in rehearsal.tear_down(session):
                    reports.append(each)
                    self.tell(each, quiet)
        return reports

    def tell(self, report: StepReport, quiet: bool) -> None:
        """One line."""
        if not quiet:
            verdict = "passed" if report.passed else f"FAILED: {report.why}"
            self.stdout.write(f"{report.id:<18}{report.seconds:>7.2f} s  {verdict}")
            self.stdout.flush()


def as_json(session: Session, reports: list[StepReport], is_good: bool) -> dict[str, Any]:
    """The whole run, for machines."""
    return {
        "lab": session.spec.name,
        "version": session.version.number,
        "session": session.pk,
        "runtime": session.runtime,
        "passed": is_good,
        "steps": [asdict(each) for each in reports],
    }


def interrupt(number: int, frame: object) -> None:
    """Being told to end must still end the cluster."""
    raise KeyboardInterrupt
