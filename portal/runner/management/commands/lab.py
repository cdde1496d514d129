"""`manage.py lab run NAME`: do a whole lab on a real cluster, without a browser.

A lab with a folder is run as the folder says, published or not; NAME may be a folder's path too.

`manage.py lab take-home NAME FILE`: write the lab as a zip that runs on any Docker.

`manage.py lab new NAME`: begin a lab. `manage.py lab check [NAME]`: tell all that is wrong with it,
or with every lab. `manage.py lab watch NAME`: the same at each save, and load what has no mistake.
"""

import contextlib
import json
import signal
import threading
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from portal import supervision
from portal.activities import home
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.catalog import images, services, writing
from portal.catalog.management.commands.load_labs import labs_in
from portal.catalog.models import LabVersion
from portal.catalog.queries import latest_version
from portal.engine.lab.beside import DEFINITION
from portal.engine.lab.problems import LabInvalid
from portal.runner import rehearsal
from portal.runner.rehearsal import StepReport

REHEARSER = "rehearsal"
SHOWN_LINES = 30
"""Of what a step that failed has printed."""


class Command(BaseCommand):
    """A line a step: its name, passed or why not, seconds. Exit status 0 only if all passed."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """What to do, and with which lab."""
        parser.add_argument("verb", choices=["run", "take-home", "new", "check", "watch"])
        parser.add_argument(
            "name",
            nargs="?",
            default="",
            help="the lab, as its folder in labs/ is called, or the path of a lab's folder",
        )
        parser.add_argument("file", nargs="?", type=Path, help="take-home: the zip to write")
        parser.add_argument("--json", action="store_true", help="one JSON object, for machines")
        parser.add_argument("--keep", action="store_true", help="leave the cluster up at the end")
        parser.add_argument(
            "--runtime",
            default=settings.SLUICE_DEFAULT_RUNTIME,
            choices=sorted(settings.SLUICE_RUNTIMES),
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write a lab or take it home, or run it and end the session whatever happens."""
        if options["verb"] == "check":
            self.check_labs(options["name"])
            return
        if not options["name"]:
            raise CommandError(f"Which lab? Type: manage.py lab {options['verb']} NAME")
        if options["verb"] == "new":
            self.begin(options["name"])
            return
        call_command("migrate", verbosity=0, interactive=False)
        if options["verb"] == "take-home":
            self.take_home(self.find(options["name"]), options["file"])
            return
        signal.signal(signal.SIGTERM, interrupt)
        if options["verb"] == "watch":
            self.watch(options["name"])
            return
        with supervision.redis():
            version = self.find_to_run(options["name"])
            if not options["json"]:
                self.stdout.write(what_runs(version))
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

    def begin(self, name: str) -> None:
        """Make a folder for a lab. Raises CommandError."""
        try:
            path = writing.begin(folder_of(name))
        except writing.CannotBegin as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Wrote {path}, a lab that runs. Change it, and see what you have:\n"
            f"  manage.py lab check {name}    every mistake, by line and column\n"
            f"  manage.py lab run {name}      all steps, on a cluster of its own\n"
            f"  manage.py lab watch {name}    checked and loaded at each save"
        )

    def check_labs(self, name: str) -> None:
        """Tell every mistake of a lab, or of all. Raises CommandError if there is one."""
        folders = [folder_of(name)] if name else labs_in(Path(settings.LABS_DIR))
        wrong = {each: writing.mistakes(each) for each in folders}
        for line in (line for lines in wrong.values() for line in lines):
            self.stderr.write(line)
        bad = [each.name for each, lines in wrong.items() if lines]
        if bad:
            raise CommandError(f"To mend: {', '.join(bad)}.")
        self.stdout.write(f"No mistake in {', '.join(each.name for each in folders)}.")
        self.tell_of_images(folders)

    def tell_of_images(self, folders: list[Path]) -> None:
        """Name what has to be fetched before labs can be launched here."""
        missing = images.unfetched()
        lacks = {each: images.lacking(services.read_folder(each).spec, missing) for each in folders}
        for folder, names in lacks.items():
            if names:
                words = f"{folder.name} runs on {', '.join(names)}, fetched only when asked for: "
                self.stdout.write(f'{words}make install IMAGES="{" ".join(names)}"')

    def watch(self, name: str) -> None:
        """Load the lab at each save, and tell of it, until control-C."""
        stop = threading.Event()
        self.stdout.write(f"Watching {folder_of(name)}. Control-C ends it.")
        with contextlib.suppress(KeyboardInterrupt):
            for look in writing.looks(folder_of(name).resolve(), stop):
                for line in look.mistakes:
                    self.stderr.write(line)
                self.stdout.write(f"{timezone.localtime():%H:%M:%S} {outcome(look)}")
                self.stdout.flush()

    def take_home(self, version: LabVersion, file: Path | None) -> None:
        """Write the zip. Raises CommandError."""
        file = file or Path(home.file_name(version))
        try:
            file.write_bytes(home.zip_of(version))
        except LabInvalid as error:
            raise CommandError(f"{version} can't be read: {error}") from error
        except KeyError as error:
            raise CommandError(f"There is no image {error} in labs/images.") from error
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}.") from error
        self.stdout.write(f"Wrote {version} to {file}")

    def find(self, name: str) -> LabVersion:
        """The newest version, from the folder if it was never loaded. Raises CommandError."""
        folder = Path(settings.LABS_DIR) / name
        if latest_version(name) is None and (folder / DEFINITION).exists():
            call_command("load_labs", stdout=self.stderr)
        version = latest_version(name)
        if version is None:
            path = folder / DEFINITION
            why = f"{path} has mistakes" if path.exists() else f"there is no {path}"
            raise CommandError(f"There is no published lab {name!r}, and {why}.")
        return version

    def find_to_run(self, name: str) -> LabVersion:
        """What the folder says now, or else the newest published version. Raises CommandError."""
        here = Path(settings.LABS_DIR) / name
        folder = here if (here / DEFINITION).exists() else Path(name)
        if not (folder / DEFINITION).exists():
            return self.find(name)
        try:
            return services.version_of(services.read_folder(folder))
        except LabInvalid as error:
            places = "\n".join(f"{folder / DEFINITION}:{each}" for each in error.problems)
            raise CommandError(f"The lab can't be run:\n{places}") from error

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
            if not report.passed:
                for line in last_lines(report.output):
                    self.stdout.write(f"    | {line}")
            self.stdout.flush()


def folder_of(name: str) -> Path:
    """A lab's folder by its name in labs/, or by its path."""
    return Path(settings.LABS_DIR) / name if "/" not in name else Path(name)


def outcome(look: writing.Look) -> str:
    """What a look came to, in a line."""
    if not look.mistakes:
        return look.loaded
    count = len(look.mistakes)
    return f"{count} mistake{'s' if count > 1 else ''}; students are offered what they were."


def what_runs(version: LabVersion) -> str:
    """Which version it is, and whether students are offered another one."""
    offered = latest_version(version.lab.name)
    if offered is None:
        return f"Running {version}, a draft: none is published."
    if offered.pk == version.pk:
        return f"Running {version}, as it is published."
    return f"Running {version}, as the folder is: students are offered version {offered.number}."


def last_lines(output: str) -> list[str]:
    """The end of what a step printed, without what a terminal would act upon."""
    lines = [strip_controls(each) for each in output.splitlines()]
    left_out = [f"… {len(lines) - SHOWN_LINES} lines more"] if len(lines) > SHOWN_LINES else []
    return [*left_out, *lines[-SHOWN_LINES:]] or ["(it printed nothing)"]


def strip_controls(line: str) -> str:
    """A line of a cluster's, which is hostile text."""
    return "".join(each if each.isprintable() or each == "\t" else "\ufffd" for each in line)


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
