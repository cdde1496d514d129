"""What both drivers keep of a session on the host: a folder, a note in it, and a lock beside it."""

import contextlib
import fcntl
import json
import re
import secrets
import shutil
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from portal.engine.errors import StepFailed
from portal.engine.runtimes.facts import Impairment

SLOTS = 60
SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
ASLEEP = "asleep.json"
"""There for as long as anything of the session may stand still."""
IMPAIRED = "impaired.json"
"""What was done to services' links, by service."""


def is_asleep(folder: Path) -> bool:
    """Whether the session of a folder was put to sleep and is not wholly awake again."""
    return (folder / ASLEEP).exists()


class SessionFolder:
    """The folder of one session. Raises ValueError for what can't be a session's name."""

    def __init__(self, root: Path, session: str):
        if not SESSION.fullmatch(session):
            raise ValueError(f"{session!r} can't be a session's name")
        self.root, self.session = root, session
        self.folder = root / session
        self.slot = zlib.crc32(session.encode()) % SLOTS

    def write_whole(self, name: str, fields: Mapping[str, Any]) -> None:
        """Write a file, whole or not at all. Raises OSError when the session has ended since."""
        part = self.folder / f"note-{secrets.token_hex(8)}"
        part.write_text(json.dumps(fields))
        part.replace(self.folder / name)

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Only one at a time starts or ends a session, in whatever process of this host it is."""
        with self._lock(str(self.slot)):
            yield

    @contextlib.contextmanager
    def turning(self) -> Iterator[None]:
        """Only one at a time freezes, thaws or ends a session. Never waits for a launch."""
        with self._lock(f"turning-{self.slot}"):
            yield

    @contextlib.contextmanager
    def _lock(self, name: str) -> Iterator[None]:
        locks = self.root / ".locks"
        locks.mkdir(parents=True, exist_ok=True)
        with (locks / name).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @property
    def is_asleep(self) -> bool:
        """Whether it was put to sleep and is not wholly awake again."""
        return is_asleep(self.folder)

    def fall_asleep(self, fields: Mapping[str, Any]) -> None:
        """Note it before anything stands still. Raises OSError when the session has ended."""
        self.write_whole(ASLEEP, fields)

    def wake(self) -> None:
        """Note that all goes on. Noted already is success."""
        (self.folder / ASLEEP).unlink(missing_ok=True)

    @property
    def impaired(self) -> dict[str, Impairment]:
        """The services whose links are cut or slow, as noted."""
        try:
            found = json.loads((self.folder / IMPAIRED).read_text())
            return {name: Impairment(how) for name, how in found.items()}
        except (OSError, ValueError, AttributeError):
            return {}

    @contextlib.contextmanager
    def impairing(self, service: str, how: Impairment | None) -> Iterator[Mapping[str, Impairment]]:
        """Note one more link that is cut or slow, or with None one less, before it is done.

        Gives all that there are then; what can't be done is not noted after all. To be used while
        `turning`. Raises OSError when the session has ended.
        """
        before = self.impaired
        found = {name: each for name, each in before.items() if name != service}
        if how is not None:
            found[service] = how
        self.write_whole(IMPAIRED, found)
        try:
            yield found
        except StepFailed:
            self.write_whole(IMPAIRED, before)
            raise

    def remove(self) -> None:
        """Remove the folder. Already gone is success."""
        shutil.rmtree(self.folder, ignore_errors=True)
