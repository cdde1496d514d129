"""Somebody at home: has the folder and a terminal, and types what STEPS.md says."""

import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt

from portal.engine.lab.check import Check
from portal.engine.lab.step import StepSpec
from tests.home.terminal import ENTER, PROMPT, TABLE, Terminal

TRIES = 100


class Student:
    """Somebody with the folder, who types what STEPS.md says."""

    def __init__(self, folder: Path, address: str, windows: ExitStack) -> None:
        self.folder = folder
        self.environment = {"DOCKER_HOST": address, "PATH": os.environ["PATH"]}
        self.windows = windows
        self.servers: list[Terminal] = []
        tokens = MarkdownIt("commonmark").parse((folder / "STEPS.md").read_text())
        self.blocks: dict[str, list[tuple[str, str]]] = {}
        for before, token in pairwise(tokens):
            if before.type == "heading_open" and before.tag == "h2":
                title = token.content.partition(". ")[2]
                self.blocks[title] = []
            if token.type == "fence":
                self.blocks[title].append((token.info, token.content))

    def open(self, command: str) -> Terminal:
        """A new window."""
        return self.windows.enter_context(Terminal(command, self.folder, self.environment))

    def run(self, command: str) -> str:
        """Type a command and wait for its end; what it said."""
        window = self.open(command)
        status = window.end()
        assert status == 0, f"$ {command}\n{window.text}"
        return window.text

    def do(self, step: StepSpec) -> None:
        """One step, and its check."""
        (_, command), *more = self.blocks[step.title]
        said = ""
        match step.run.kind:
            case "server":
                self.stop()
                self.servers.append(self.open(command).until("CTRL\\+C to quit"))
            case "spark":
                said = self.in_pyspark(command, more[0][1])
            case "http":
                window = self.open(command).until("Escape character")
                window.press(more[0][1].replace("\n", ENTER) + ENTER)
                said = window.until("closed by foreign host").text
            case "stop":
                self.stop()
            case _:
                said = self.run(command)
        if step.check is not None:
            self.see(step.check, said)

    def in_pyspark(self, command: str, code: str) -> str:
        """Type the lines, then exit()."""
        window = self.open(command).until(PROMPT)
        window.press(code.replace("\n", ENTER))
        window.until(TABLE)
        window.press(f"exit(){ENTER}")
        assert window.end() == 0
        return window.text

    def see(self, check: Check, said: str) -> None:
        """What the step's own check asks for, tried as often as somebody impatient would."""
        for _ in range(TRIES):
            if check.run is not None:
                window = self.open(check.run)
                window.end()
                said = window.text
            if check.matches is None or re.search(check.matches, said, re.MULTILINE):
                return
        raise AssertionError(f"{check.message}\n{said}")

    def stop(self) -> None:
        """Control-C, in the server's window."""
        for window in self.servers:
            window.press("\x03")
            window.end()
        self.servers.clear()


@contextmanager
def at_home(folder: Path, address: str) -> Iterator[Student]:
    """Whatever happens, nothing stays on the engine."""
    with ExitStack() as windows:
        try:
            yield Student(folder, address, windows)
        finally:
            subprocess.run(
                ["docker-compose", "down", "--volumes", "--timeout", "0"],
                cwd=folder,
                env={**os.environ, "DOCKER_HOST": address},
                capture_output=True,
                check=False,
            )
