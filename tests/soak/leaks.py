"""What is left when every session has ended, and when the portal has."""

import contextlib
import os
import threading
import zlib
from pathlib import Path

from portal.engine.runtimes.agent.cgroup import ROOT, ControlGroup
from portal.engine.runtimes.sandbox.place import read_note
from tests.faults.processes import command_of, numbers
from tests.portal_process import Portal

EVERY_SECONDS = 0.5


class Users(threading.Thread):
    """Remembers which users the portal's sandboxes have had: a process of one is of a session."""

    def __init__(self, portal: Portal):
        super().__init__(daemon=True)
        self.folder = portal.var / "run" / "sandboxes"
        self.found: set[int] = set()
        self.over = threading.Event()

    def run(self) -> None:
        """Until it is over."""
        while not self.over.wait(EVERY_SECONDS):
            notes = [read_note(each) for each in self.folder.glob("*/sandbox.json")]
            self.found |= {note.uid for note in notes if note}

    def processes(self) -> list[str]:
        """The command lines of what runs as one of them."""
        # Started by anybody but root, sandboxes have users of their own namespaces.
        mine = self.found - {os.geteuid()}
        return [command_of(each) for each in numbers() if user_of(each) in mine]


def user_of(pid: int) -> int | None:
    """Whose process it is."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}").stat().st_uid
    return None


def processes(portal: Portal) -> list[str]:
    """bwrap, Java and whatever else has the portal's sandboxes in its command line."""
    mark = str(portal.var / "run" / "sandboxes")
    return [command for each in numbers() if mark in (command := command_of(each))]


def groups(portal: Portal) -> list[str]:
    """Control groups of the portal's sandboxes."""
    prefix = f"{zlib.crc32(bytes(portal.var / 'run' / 'sandboxes')):08x}-"
    parents = {folder.parent for folder in ControlGroup("any", ROOT).folders}
    return [str(each) for parent in parents for each in parent.glob(f"{prefix}*")]


def files(portal: Portal) -> set[str]:
    """All files and sockets of what runs."""
    folder = portal.var / "run"
    # The first session makes their folder, and locks: one a slot, whatever the number of sessions.
    found = [each for each in folder.rglob("*") if ".locks" not in each.parts]
    return {str(each) for each in found if each != folder / "sandboxes"}
