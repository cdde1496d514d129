"""A launch that is killed at one chosen point, as a worker can be at any."""

import importlib
import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a launch is killed: before a call, of all calls of that function the `nth`."""

    function: str
    """`module:name` or `module:Class.name`, as who calls it knows it."""
    nth: int = 1

    def arm(self) -> None:
        """From now on, this process kills itself there."""
        module, _, path = self.function.partition(":")
        *owners, name = path.split(".")
        owner: Any = importlib.import_module(module)
        for each in owners:
            owner = getattr(owner, each)
        setattr(owner, name, self._deadly(getattr(owner, name)))

    def _deadly(self, function: Callable[..., Any]) -> Callable[..., Any]:
        left = self.nth

        def call(*arguments: Any, **options: Any) -> Any:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return function(*arguments, **options)

        return call


def cut_off(launch: Iterable[object], cut: Cut) -> None:
    """Go through a launch in a process of its own, which is killed on the way.

    Fails when it comes to its end: then there is no such point.
    """
    child = os.fork()
    if not child:
        try:
            cut.arm()
            for _ in launch:
                pass
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL, f"{cut} was never reached"
