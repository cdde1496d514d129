"""What `python3 -m portal.parts` does: each step is skipped when its result is there."""

import argparse
import fcntl
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from portal.parts import archives, docker_images, helm, jars, python, s3_server, system
from portal.parts.places import PARTS, PartsError, ask
from portal.parts.run import side_by_side


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to have: how to tell that it's there, and how to get it."""

    name: str
    is_ready: Callable[[], bool]
    install: Callable[[], None]


# In this order: each may use what those before it brought. What stands together waits for
# different things, a network here and a processor there, and is done side by side.
STEPS = (
    (
        Step("Python packages", python.is_ready, python.install),
        Step("jars", jars.is_ready, jars.install),
    ),
    (Step("class archives", archives.is_ready, archives.install),),
)
TEST_STEPS = (
    (
        Step("Docker images", docker_images.is_ready, docker_images.install),
        Step("an S3 server", s3_server.is_ready, s3_server.install),
        Step("Helm", helm.is_ready, helm.install),
    ),
)


def main(arguments: Sequence[str]) -> int:
    """Run one command; an exit status. Trouble is one line on standard error."""
    parser = argparse.ArgumentParser(prog="python3 -m portal.parts", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (
        ("install", "install what is missing"),
        ("up-to-date", "say what is missing; exit status 1 when something is"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--for-tests", action="store_true", help="and what the tests need")
        command.add_argument(
            "--images",
            nargs="+",
            default=(),
            help="and these, fetched only when asked for",
        )
    commands.add_parser("write-sums", help="after a change of versions: list the jars anew")
    options = parser.parse_args(arguments)
    try:
        if options.command == "write-sums":
            jars.write_sums()
            return 0
        ask(options.images)
        if options.command == "up-to-date":
            return _report(_missing(for_tests=options.for_tests))
        install(for_tests=options.for_tests)
    except PartsError as error:
        print(f"Sluice: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Sluice: stopped; the next try goes on from here", file=sys.stderr)
        return 130
    return 0


def install(*, for_tests: bool) -> None:
    """Install what is missing; says nothing when nothing is."""
    if not _missing(for_tests=for_tests):
        return
    with _alone():
        started = time.monotonic()
        missing = _missing(for_tests=for_tests)
        if not missing:
            return
        print(f"Installing {', '.join(missing)}.", flush=True)
        packages = system.missing(for_tests=for_tests)
        packages += [*python.needs_package(), *jars.needs_package()]
        packages += s3_server.needs_package() if for_tests else []
        system.install(packages)
        for steps in _steps(for_tests=for_tests):
            side_by_side([each.install for each in steps if not each.is_ready()])
        print(f"Installed, in {time.monotonic() - started:.0f} s.", flush=True)


def _missing(*, for_tests: bool) -> list[str]:
    found = ["system packages"] if system.missing(for_tests=for_tests) else []
    steps = (each for together in _steps(for_tests=for_tests) for each in together)
    return found + [each.name for each in steps if not each.is_ready()]


def _steps(*, for_tests: bool) -> tuple[tuple[Step, ...], ...]:
    return STEPS + TEST_STEPS if for_tests else STEPS


def _report(missing: list[str]) -> int:
    print(f"Missing: {', '.join(missing)}." if missing else "Everything is there.")
    return 1 if missing else 0


@contextmanager
def _alone() -> Iterator[None]:
    """Let one install run at a time in this checkout; the second finds everything done."""
    try:
        PARTS.mkdir(parents=True, exist_ok=True)
        lock = (PARTS / "install.lock").open("w")
    except OSError as error:
        raise PartsError(f"{error.filename} can't be written: {error.strerror}") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
