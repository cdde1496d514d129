"""What can go wrong with a cluster, typed, in words for the person who reads it.

Every error says what happened (`str(error)`), whose part it is (`part`) and what to do next
(`advice`). `code` is stable: pages, tests and the class overview group by it. What a sentence says
of lines, topics and offsets is in `details` as well: nothing reads the sentence but people.
"""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar


class Part(StrEnum):
    """Whose part a failure is."""

    CODE = "code"
    ANSWER = "answer"
    DATA = "data"
    LAB = "lab"
    PLATFORM = "platform"
    UNKNOWN = "unknown"

    @property
    def label(self) -> str:
        """How the page names it."""
        return LABELS[self]


LABELS = {
    Part.CODE: "your code",
    Part.ANSWER: "your answer",
    Part.DATA: "the records in the topic",
    Part.LAB: "the lab, not you",
    Part.PLATFORM: "the platform, not you",
    Part.UNKNOWN: "not known",
}


@dataclass(frozen=True, slots=True)
class Details:
    """What an error is about, for programs."""

    cause: str = ""
    """Its name in `portal.engine.causes`."""
    line: int | None = None
    """Of the student's own text, from 1."""
    topic: str = ""
    partition: int | None = None
    offset: int | None = None
    """The record that it is about."""
    name: str = ""
    """A column, key, package or variable."""

    def as_dict(self) -> dict[str, Any]:
        """What is known, as JSON can carry it."""
        return {key: each for key, each in asdict(self).items() if each not in (None, "")}


NOTHING_KNOWN = Details()


class ClusterError(Exception):
    """A cluster could not do what it was asked to. `permanent` means that a retry won't help."""

    code: ClassVar[str] = "cluster-error"
    part: Part = Part.PLATFORM
    advice: str = "Reset the cluster and try again."
    permanent: bool = False
    details: Details = NOTHING_KNOWN

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        part: Part | None = None,
        details: Details = NOTHING_KNOWN,
    ):
        super().__init__(message)
        self.advice = advice or type(self).advice
        self.part = part or type(self).part
        self.details = details


class RuntimeUnavailable(ClusterError):
    """This host can't run clusters at all; `advice` says how to mend that."""

    code = "runtime-unavailable"
    permanent = True


class CapacityExceeded(ClusterError):
    """The host is full."""

    code = "capacity-exceeded"
    advice = "Wait until another session ends, then launch again."


class ClusterGone(ClusterError):
    """The session's cluster isn't there (any more)."""

    code = "cluster-gone"
    advice = "Reset the cluster: what was recorded stays, and the steps can be run again."


class ClusterAsleep(ClusterError):
    """The session's cluster stands still, and has to be woken first."""

    code = "cluster-asleep"
    advice = "Open the session's page: that wakes it. Then try again."

    def __init__(self) -> None:
        super().__init__("The session's cluster is asleep.")


class ServiceNotReady(ClusterError):
    """A service did not become ready in its time, or ended while starting."""

    code = "service-not-ready"
    advice = "Look at the service's log, then reset the cluster."
    part = Part.LAB


class OutOfMemory(ClusterError):
    """A process was ended because its memory limit (in bytes) was reached."""

    code = "out-of-memory"
    part = Part.CODE
    advice = "Work on less data at once, or stop what you don't need, and run the step again."

    def __init__(self, limit: int):
        super().__init__(f"The memory limit of {limit // 2**20} MB was reached.")
        self.limit = limit


class CommandTimedOut(ClusterError):
    """A command took longer than its limit (in seconds) and was ended."""

    code = "timed-out"
    # Whose part that was is for `blame` to tell, by what it saw.
    part = Part.UNKNOWN
    advice = "Run the step again; if it hangs once more, reset the cluster."

    def __init__(self, seconds: float):
        super().__init__(f"The command was still running after {seconds:g} s and was ended.")
        self.seconds = seconds


class CheckTimedOut(CommandTimedOut):
    """The command was the lab's own, which looks whether a step did its work."""


class CommandCancelled(ClusterError):
    """Somebody asked for the command to end."""

    code = "cancelled"
    part = Part.UNKNOWN
    advice = "Run the step again when you are ready."

    def __init__(self) -> None:
        super().__init__("The step was cancelled.")


class OnlyTried(ClusterError):
    """A few of a step's lines were run, and worked; the step itself is still to be done."""

    code = "only-tried"
    part = Part.CODE
    advice = "Run all of its lines."


class StepFailed(ClusterError):
    """A step ran and did not do what it should; the message says what was seen."""

    code = "step-failed"
    part = Part.CODE
    advice = "Read the output, mend what it names, and run the step again."
