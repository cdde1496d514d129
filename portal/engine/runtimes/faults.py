"""Runtimes that fail, each named for how: for tests of faults and of scale, nothing else."""

import itertools
import time
from collections.abc import Callable, Iterator
from typing import Any

from portal.engine.errors import ClusterError, ServiceNotReady
from portal.engine.runtimes.base import Cancelled, ClusterSpec, Health, Progress, State, never
from portal.engine.runtimes.fake import POLL_SECONDS, FakeCluster, FakeRuntime

__all__ = ["BrokenRuntime", "FakeRuntime", "LateRuntime", "NeverRuntime", "SlowRuntime"]


class SlowRuntime(FakeRuntime):
    """Gets there, but each service takes `seconds` to be ready."""

    name = "slow"

    def __init__(self, *, seconds: float = 1.0, **options: Any):
        super().__init__(**options)
        self.seconds = seconds

    def wait_for(self, session: str, service: str, cancelled: Cancelled) -> None:
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            super().wait_for(session, service, cancelled)
            self.find(session)
            time.sleep(POLL_SECONDS)


class NeverRuntime(SlowRuntime):
    """No service is ever ready: `up` gives up after `seconds`."""

    name = "never"

    def wait_for(self, session: str, service: str, cancelled: Cancelled) -> None:
        super().wait_for(session, service, cancelled)
        raise ServiceNotReady(f"{service} was not ready after {self.seconds:g} s.")


class BrokenRuntime(FakeRuntime):
    """Fails with `error` in each of the `verbs`, from the call number `after` on."""

    name = "broken"

    def __init__(
        self,
        *,
        error: Exception | None = None,
        verbs: tuple[str, ...] = ("up", "exec", "down"),
        after: int = 0,
        **options: Any,
    ):
        super().__init__(**options)
        self.error = error or ClusterError("This runtime is broken.")
        for verb in verbs:
            setattr(self, verb, self._breaking(getattr(self, verb), after))

    def _breaking(self, works: Callable[..., Any], after: int) -> Callable[..., Any]:
        calls = itertools.count()

        def call(*arguments: Any, **options: Any) -> Any:
            if next(calls) >= after:
                raise self.error
            return works(*arguments, **options)

        return call


class LateRuntime(FakeRuntime):
    """Says that a launch failed, and `observations` later its cluster is there all the same.

    What is still on its way can't be ended: only a later look finds it.
    """

    name = "late"

    def __init__(self, *, observations: int = 1, **options: Any):
        super().__init__(**options)
        self.observations = observations
        self.coming: dict[str, int] = {}

    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        if self.observe(spec.session).state is State.UP:
            yield from super().up(spec, cancelled=cancelled)
            return
        self.coming[spec.session] = self.observations
        yield Progress("late", "an answer that comes too late")
        raise ServiceNotReady("The cluster was not there in time.")

    def observe(self, session: str) -> Health:
        self._arrive(session)
        return super().observe(session)

    def list_all(self) -> list[str]:
        for session in list(self.coming):
            self._arrive(session)
        return super().list_all()

    def _arrive(self, session: str) -> None:
        left = self.coming.get(session)
        if left == 0:
            del self.coming[session]
            self.clusters[session] = FakeCluster(State.UP)
        elif left is not None:
            self.coming[session] = left - 1
