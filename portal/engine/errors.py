"""What can go wrong with a cluster, typed, in words for the person who reads it.

Every error says what happened (`str(error)`), whose part it is (`part`) and what to do next
(`advice`). `code` is stable: pages, tests and the class overview group by it.
"""

from enum import StrEnum
from typing import ClassVar


class Part(StrEnum):
    """Whose part a failure is."""

    CODE = "code"
    LAB = "lab"
    PLATFORM = "platform"

    @property
    def label(self) -> str:
        """How the page names it."""
        return {"code": "your code", "lab": "the lab", "platform": "the platform"}[self.value]


class ClusterError(Exception):
    """A cluster could not do what it was asked to. `permanent` means that a retry won't help."""

    code: ClassVar[str] = "cluster-error"
    part: Part = Part.PLATFORM
    advice: str = "Reset the cluster and try again."
    permanent: bool = False

    def __init__(self, message: str, *, advice: str | None = None, part: Part | None = None):
        super().__init__(message)
        self.advice = advice or type(self).advice
        self.part = part or type(self).part


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
    part = Part.CODE
    advice = "Run the step again; if it hangs once more, reset the cluster."

    def __init__(self, seconds: float):
        super().__init__(f"The command was still running after {seconds:g} s and was ended.")
        self.seconds = seconds


class CommandCancelled(ClusterError):
    """Somebody asked for the command to end."""

    code = "cancelled"
    part = Part.CODE
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
