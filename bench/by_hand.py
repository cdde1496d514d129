"""Students without the portal: each has a compose cluster, and types week 10's commands.

They answer what `seats` asks of the portal's students. Commands go by `docker exec`, which takes
less than the `docker-compose exec` of the notes; pyspark stays open, as in a second window.
"""

import contextlib
import os
import shlex
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.clusters import files, week10
from bench.compose import Compose, project_in
from portal.catalog.images import operator_images
from portal.engine.kinds.call import Call
from portal.engine.lab.command import Command
from portal.parts import docker_images
from tests.home.terminal import ENTER, PROMPT, TABLE, Terminal

SECONDS = 180.0
FOLDER = "/w205"


class ByHand:
    """One student's windows."""

    def __init__(self, project: Compose):
        self.project, self.session = project, project.name
        self.steps = {step.id: step for step in project.lab.steps}
        self.windows = contextlib.ExitStack()
        self.server: Terminal | None = None
        self.pyspark: Terminal | None = None

    def click(self) -> float:
        """`docker-compose up -d`, until the broker answers; in seconds."""
        self.windows.callback(self.project.down)
        began = time.perf_counter()
        self.project.up()
        seconds = time.perf_counter() - began
        for path, content in files(self.project.lab).items():
            self.project.lay(f"{FOLDER}/{path}", content)
        return seconds

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Nothing tells a terminal what has changed."""
        yield

    def do(self, name: str) -> float:
        """Type a step's commands; seconds until all is said. Raises AssertionError."""
        step = self.steps[name]
        began = time.perf_counter()
        match step.run.kind:
            case "server":
                self.stop()
                self.server = self.open(step.command).until("CTRL\\+C to quit", SECONDS)
            case "spark":
                self.extract(step.shows_command)
            case "http":
                window = self.open(Command.parse(step.shows_command)).until("Escape char", SECONDS)
                window.press(f"GET /purchase_a_sword HTTP/1.1{ENTER}Host: localhost{ENTER}{ENTER}")
                window.until("closed by foreign host", SECONDS)
            case "stop":
                self.stop()
            case "call":
                assert isinstance(step.run, Call)
                for line in step.run.mixed(step.run.times):
                    self.project.exec(Command.parse(line))
            case _:
                self.project.exec(step.command)
        return time.perf_counter() - began

    def extract(self, lines: str) -> None:
        """Type the lines into pyspark, which the first time has to be opened."""
        if self.pyspark is None:
            self.pyspark = self.open(Command(service="spark", argv=("pyspark",)))
            self.pyspark.until(PROMPT, SECONDS)
            self.pyspark.press(f"import json{ENTER}")
        self.pyspark.shown = b""
        self.pyspark.press(lines.rstrip().replace("\n", ENTER) + ENTER)
        self.pyspark.until(TABLE, SECONDS)

    def stop(self) -> None:
        """Control-C, in the server's window."""
        if self.server is not None:
            self.server.press("\x03")
            self.server.end()
            self.server = None

    def open(self, command: Command) -> Terminal:
        """A new window, in which this runs."""
        line = shlex.join(["docker", "exec", "-it", *self.project.inside(command)])
        return self.windows.enter_context(Terminal(line, self.project.folder, {}))


@contextlib.contextmanager
def by_hand(count: int) -> Iterator[list[ByHand]]:
    """So many students, each with a compose cluster that does not run yet."""
    lab, images = week10(), operator_images()
    with docker_images.ready() as address, contextlib.ExitStack() as all_of_them:
        os.environ["DOCKER_HOST"] = address  # For docker and docker-compose.
        students = []
        for _ in range(count):
            folder = all_of_them.enter_context(tempfile.TemporaryDirectory(prefix="sluice-"))
            students.append(ByHand(project_in(Path(folder), lab, images)))
            all_of_them.enter_context(students[-1].windows)
        yield students
