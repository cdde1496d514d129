"""An attachment to a terminal in a cluster, and what comes out of it."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from portal.engine.terminals import Size


@dataclass(frozen=True, slots=True)
class PtyBegan:
    """A shell runs in the terminal now. Comes first, and again for each shell that follows."""


@dataclass(frozen=True, slots=True)
class PtyWrote:
    """Bytes that came out of the terminal, and the offset at their end: the first ends at 1."""

    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class PtyDrawn:
    """The screen as it is after `offset` bytes: what a reset terminal has to be told."""

    offset: int
    screen: bytes
    size: Size


@dataclass(frozen=True, slots=True)
class PtyEnded:
    """The shell has ended, and all that it wrote was told. The terminal keeps its screen."""

    exit_status: int
    """Negative: the number of the signal that ended it."""


PtyEvent = PtyBegan | PtyWrote | PtyDrawn | PtyEnded


class Pty(ABC):
    """One attachment to a terminal, which lives on when this is closed. May be used by several
    threads, of which one reads."""

    epoch: str
    """Which life of the terminal it is: another one counts from 0 again."""
    start: int
    """The offset after which this attachment tells; beyond `since` where what is between is gone.
    A PtyDrawn comes first then."""

    @abstractmethod
    def read(self, patience: float) -> PtyEvent | None:
        """What happens next; None when nothing does for so many seconds. Raises ClusterGone."""

    @abstractmethod
    def type(self, data: bytes) -> None:
        """Keys, as a terminal sends them. Never waits. Raises CapacityExceeded, ClusterGone."""

    @abstractmethod
    def resize(self, size: Size) -> None:
        """The window's size. The programs in it are told."""

    @abstractmethod
    def acknowledge(self, offset: int) -> None:
        """All up to there is kept or was shown. What writes waits while too much is not."""

    @abstractmethod
    def draw(self) -> None:
        """Ask for a PtyDrawn."""

    @abstractmethod
    def end(self) -> None:
        """Hang up on the shell and all that it started. A PtyEnded comes of it."""

    @abstractmethod
    def close(self) -> None:
        """Leave the terminal, which goes on. Already left is success."""
