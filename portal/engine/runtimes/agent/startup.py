"""Bring a cluster's services up: start each, then wait until each is ready."""

import time
from collections.abc import Iterator

from portal.engine import blame
from portal.engine.errors import (
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    Part,
    ServiceNotReady,
    StepFailed,
)
from portal.engine.lab.cluster import Ready, ServiceSpec
from portal.engine.programs import safely
from portal.engine.runtimes.base import Cancelled, ClusterSpec, Progress, Runtime

PROBE_PAUSE = 0.05
BUSY_TIMES = 3
"""As much time has a service on a host that is busy: its figures are those of a quiet one."""
LAST_LINES = 3
LAST_LINES_SECONDS = 0.3
BUSY = (
    "This host was busy: {seen} Start the cluster again when less is going on; if it does not "
    "start on a quiet host, it is the lab."
)
AGAIN = "Start the cluster again. If that fails once more, tell your instructor."


class Startup:
    """The services of one cluster, on their way up. Uses nothing but the runtime's contract."""

    def __init__(self, runtime: Runtime, spec: ClusterSpec, cancelled: Cancelled):
        self.runtime, self.spec, self.cancelled = runtime, spec, cancelled
        self.began = time.monotonic()
        self.watch = blame.Watch()

    def run(self) -> Iterator[Progress]:
        """Start all services at once and yield progress until the last is ready.

        Raises ServiceNotReady or CommandCancelled.
        """
        services = self.spec.services
        for service in services:
            if service.command:
                name = service.name
                self.runtime.start(self.spec.session, name, name, service.command)
        for service in services:
            waits_for, usual = "", 0.0
            if service.ready and not service.background:
                waits_for, usual = service.ready.waits_for, service.ready.usual
                yield Progress(service.name, waits_for, usual=usual)
                self._wait_until_ready(service, service.ready)
            seconds = time.monotonic() - self.began
            yield Progress(service.name, waits_for, True, seconds, usual)
        self._fail_if_any_ended()

    def _wait_until_ready(self, service: ServiceSpec, ready: Ready) -> None:
        """Run the service's probe, from the tools' service, until it succeeds."""
        began = time.monotonic()
        said = b""
        while (left := began + self._patience(ready) - time.monotonic()) > 0:
            self._fail_if_any_ended()
            if self.cancelled():
                raise CommandCancelled
            session, tools = self.spec.session, self.spec.tools
            probe = self.runtime.exec(
                session, tools, safely(ready.run), timeout=left, cancelled=self._is_hopeless
            )
            try:
                said = b"".join(piece.data for piece in probe)[-500:] or said
            except CommandTimedOut:
                continue
            except CommandCancelled:
                self._fail_if_any_ended()
                raise
            if probe.exit_status == 0:
                return
            time.sleep(PROBE_PAUSE)
        raise self._late(service, ready, time.monotonic() - began, said)

    def _patience(self, ready: Ready) -> float:
        """For how many seconds a service is waited for, by what has been seen of the host."""
        return ready.timeout * (BUSY_TIMES if self.watch.seen().is_busy else 1)

    def _late(
        self, service: ServiceSpec, ready: Ready, seconds: float, said: bytes
    ) -> ServiceNotReady:
        words = (
            f"{service.name} was not ready after {round(seconds, 1):g} s: it waits for "
            f"{ready.waits_for}. {said.decode(errors='replace').strip()}".strip()
        )
        seen = self.watch.seen()
        if seen.is_busy:
            advice = BUSY.format(seen=blame.lowered(seen.words()))
            return ServiceNotReady(words, part=Part.UNKNOWN, advice=advice)
        return ServiceNotReady(words)

    def _is_hopeless(self) -> bool:
        """Whether a probe need not go on."""
        return self.cancelled() or self._ended() is not None

    def _ended(self) -> tuple[ServiceSpec, int | None] | None:
        """A service that should run and doesn't, with its exit status."""
        health = self.runtime.observe(self.spec.session)
        for service in self.spec.services:
            process = health.process(service.name) if service.command else None
            if process is not None and not process.is_running:
                return service, process.exit_status
        return None

    def _fail_if_any_ended(self) -> None:
        ended = self._ended()
        if ended is not None:
            service, status = ended
            raise ServiceNotReady(
                f"{service.name} ended while starting (exit status {status}). "
                f"Its last lines: {self._last_lines(service)}",
                # Who has sent a signal, nothing says.
                part=Part.UNKNOWN if status is None or blame.signal_of(status) else Part.LAB,
            )

    def _last_lines(self, service: ServiceSpec) -> str:
        deadline = time.monotonic() + LAST_LINES_SECONDS
        lines = self.runtime.logs(
            self.spec.session, service.name, cancelled=lambda: time.monotonic() > deadline
        )
        return " / ".join(line.text.decode(errors="replace") for line in list(lines)[-LAST_LINES:])


def did_not_start(error: ClusterGone | StepFailed) -> ServiceNotReady:
    """What a launch raises instead: what an agent refuses, the lab has asked of it, but no lab has
    an agent gone."""
    words = f"The cluster did not start: {error}"
    if isinstance(error, ClusterGone):
        return ServiceNotReady(words, part=Part.PLATFORM, advice=AGAIN)
    return ServiceNotReady(words)


def was_ended() -> ServiceNotReady:
    """What a launch raises whose cluster somebody has ended meanwhile."""
    words = "The cluster was ended while it started."
    return ServiceNotReady(words, part=Part.PLATFORM, advice=AGAIN)
