"""Whose part it was that something ended before its time: decided here, by what was seen alone.

A time-out is the code's only where it is somebody's own code, it computed all the while and the
host had time for it. A host is busy where something waited half of the time for a processor, the
disk or memory. A process that was killed from outside, or an answer that was lost, is nobody's but
the platform's, or is not known. What ran out of memory is told by the control group's count or by
Java itself, never guessed.
"""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from portal.engine.causes import pyspark, servers, timing
from portal.engine.errors import CheckTimedOut, ClusterError, CommandTimedOut, StepFailed
from portal.engine.runtimes.base import ProcessHealth, Runtime

PRESSURE = Path("/proc/pressure")
WAITED_FOR = {"cpu": "a processor", "io": "the disk", "memory": "memory"}
"""What the kernel counts the waiting for, in words."""
BUSY_SHARE = 0.5
"""Of a run's time, for how much of it something on this host waited for one of these."""
COMPUTING_SHARE = 0.7
"""Of a run's time, for how much of it a cluster computes that does nothing else."""
ALONE_SHARE = 0.8
"""Of what a host can compute, how much a cluster takes that is itself why the host is busy."""
KILLED_IN_SHELL = (128 + signal.SIGKILL, 128 + signal.SIGTERM)
LEAST_SECONDS = 5.0
"""A shorter run says nothing about the host."""


def waited_so_far(folder: Path = PRESSURE) -> dict[str, float]:
    """Seconds for which something waited since the start, by for what; only what is known."""
    found = {}
    for name in WAITED_FOR:
        try:
            words = (folder / name).read_text().split("\n", 1)[0].split()
            totals = [each.partition("=")[2] for each in words if each.startswith("total=")]
            found[name] = int(totals[0]) / 1e6
        except (OSError, ValueError, IndexError):
            continue
    return found


def processor_seconds(runtime: Runtime, session: str) -> float | None:
    """How long a session's cluster has computed so far; None if not known."""
    try:
        return runtime.stats(session).processor_seconds
    except ClusterError:
        return None


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen while something ran."""

    seconds: float
    shares: dict[str, float]
    """For how much of the time something on the host waited, by for what."""
    computed: float | None
    """Seconds of processor time that the session's cluster had."""

    @property
    def is_busy(self) -> bool:
        """Whether the host had not enough for all."""
        return max(self.shares.values(), default=0.0) >= BUSY_SHARE

    def is_computing(self, processors: int) -> bool:
        """Whether the cluster computed all the while, and nothing else kept it from more."""
        if self.computed is None or not self.shares:
            return False
        if self.is_busy:
            # What waited there waited for the cluster itself.
            most = max(self.shares, key=lambda name: self.shares[name])
            return most == "cpu" and self.computed >= ALONE_SHARE * processors * self.seconds
        return self.computed >= COMPUTING_SHARE * self.seconds

    @property
    def is_waiting(self) -> bool:
        """Whether there was time, and the cluster did not use it."""
        is_idle = self.computed is not None and self.computed < COMPUTING_SHARE * self.seconds
        return bool(self.shares) and not self.is_busy and is_idle

    def words(self) -> str:
        """The same in sentences."""
        said = "Whether this host was busy is not known."
        if self.shares:
            most = max(self.shares, key=lambda name: self.shares[name])
            what = WAITED_FOR[most]
            said = f"For {self.shares[most]:.0%} of that time something waited for {what}."
        if self.computed is not None:
            said += f" This cluster computed for {self.computed:.0f} s of the {self.seconds:.0f} s."
        return said


@dataclass(slots=True)
class Watch:
    """What the host and the cluster were doing while something ran."""

    computed_now: Callable[[], float | None] = lambda: None
    began: float = field(default_factory=time.monotonic)
    waited: dict[str, float] = field(default_factory=waited_so_far)
    computed: float | None = None

    def __post_init__(self) -> None:
        self.computed = self.computed_now()

    def seen(self) -> Seen:
        """What was seen until now; nothing of a run that was too short to tell."""
        seconds, now = time.monotonic() - self.began, waited_so_far()
        if seconds < LEAST_SECONDS:
            return Seen(seconds, {}, None)
        known = now.keys() & self.waited.keys()
        shares = {name: min(1.0, (now[name] - self.waited[name]) / seconds) for name in known}
        computed = self.computed_now()
        if computed is not None and self.computed is not None:
            return Seen(seconds, shares, max(0.0, computed - self.computed))
        return Seen(seconds, shares, None)

    def judge(self, error: ClusterError, *, is_own: bool = False) -> ClusterError:
        """The error, with its part as far as it can be known; `is_own`: somebody wrote what ran."""
        if isinstance(error, CommandTimedOut):
            return timed_out(error, self.seen(), is_own=is_own)
        if error.details.cause == servers.SILENT.name and (seen := self.seen()).is_busy:
            found = StepFailed(str(error), details=error.details)
            found.part = timing.BUSY_HOST.part
            found.advice = timing.BUSY_HOST.advice.format(seen=lowered(seen.words()))
            return found
        return error


def timed_out(error: CommandTimedOut, seen: Seen, *, is_own: bool) -> CommandTimedOut:
    """The same with what was seen of the time that it had."""
    is_own = is_own and not isinstance(error, CheckTimedOut)
    if is_own and seen.is_computing(os.cpu_count() or 1):
        cause = timing.COMPUTING
    elif seen.is_busy:
        cause = timing.BUSY_HOST
    else:
        cause = timing.WAITING if seen.is_waiting else timing.UNSEEN
    found = type(error)(error.seconds)
    found.details = replace(error.details, cause=cause.name)
    words = seen.words()
    found.part = cause.part
    found.advice = cause.advice.format(seen=words if cause is timing.UNSEEN else lowered(words))
    return found


def lowered(words: str) -> str:
    """Words that go on in a sentence."""
    return words[0].lower() + words[1:]


def signal_of(status: int) -> str:
    """The signal that ended a command with this status, as a shell tells it too; or nothing."""
    number = -status if status < 0 else status - 128 if status in KILLED_IN_SHELL else 0
    try:
        return signal.Signals(number).name if number else ""
    except ValueError:
        return f"signal {number}"


def of_lost_kernel(process: ProcessHealth | None) -> ClusterError:
    """A pyspark that is gone while lines ran, of which memory was not seen to be the reason."""
    status = process.exit_status if process else None
    if status is None:
        return pyspark.ENDED.error(seen="")
    if status < 0:
        name = signal_of(status)
        seen = f": it was ended by {name}, and nothing says that memory ran out"
        return pyspark.ENDED.error(seen=seen)
    return pyspark.ENDED.error(seen=f": it ended with exit status {status}")
