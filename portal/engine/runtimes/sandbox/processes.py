"""A sandbox's first process as the host sees it: known by its number and when it started."""

import contextlib
import json
import os
import select
import signal
from dataclasses import dataclass
from pathlib import Path

from portal.engine.errors import ClusterError, RuntimeUnavailable

NO_NAMESPACES = (
    "Allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, and on Ubuntu "
    "kernel.apparmor_restrict_unprivileged_userns=0), run the portal as root, or use the docker "
    "runtime (SLUICE_RUNTIME=docker)."
)
REAP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class HostProcess:
    """A process of the host. Its number alone could be another's by now."""

    pid: int
    started: int
    """Clock ticks since boot."""

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return started_at(self.pid) == self.started

    def kill(self) -> None:
        """Kill it and wait until it is gone, and with it all that is in its PID namespace.

        Already gone is success. Raises ClusterError if the kernel does not end it.
        """
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            if not self.is_alive:
                return
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            if not poll.poll(REAP_SECONDS * 1000):
                raise ClusterError(
                    f"Process {self.pid} of the sandbox did not end in {REAP_SECONDS:g} s.",
                    advice="Try again; if it stays, restart this host.",
                )
        finally:
            os.close(handle)


def started_at(pid: int) -> int | None:
    """When a process started; None when it has ended, reaped or not."""
    fields = told_of(pid)
    return int(fields[19]) if fields else None


def told_of(pid: int) -> list[str]:
    """What the kernel tells of a process, from its state on; nothing when it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (OSError, IndexError):
        return []
    return [] if fields[0] in "ZX" else fields


def made_in(folder: Path) -> list[HostProcess]:
    """The first processes of sandboxes with files in a folder, which may be gone; then bubblewraps.

    bubblewrap stays as their parent, and names those files in its command line.
    """
    pids = [int(each.name) for each in Path("/proc").glob("[1-9]*")]
    outer = {str(pid) for pid in pids if is_bubblewrap_with(pid, f"{folder}/".encode())}
    told = [(str(pid), told_of(pid)) for pid in pids] if outer else []
    first = [(pid, each) for pid, each in told if each and each[1] in outer]
    rest = [(pid, each) for pid, each in told if each and pid in outer]
    return [HostProcess(int(pid), int(each[19])) for pid, each in [*first, *rest]]


def is_bubblewrap_with(pid: int, start: bytes) -> bool:
    """Whether a process is bubblewrap, told a path that starts like this."""
    try:
        program, *words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return program.endswith(b"bwrap") and any(word.startswith(start) for word in words)


def read_child(info: int, log: Path) -> HostProcess:
    """The first process in a sandbox, as bubblewrap tells it (`info`: what it writes to).

    Raises RuntimeUnavailable with bubblewrap's own words when there is none.
    """
    data = b""
    while not data.rstrip().endswith(b"}") and (chunk := os.read(info, 4096)):
        data += chunk
    try:
        pid = int(json.loads(data)["child-pid"])
    except (ValueError, KeyError, TypeError) as error:
        raise no_sandbox(said_by(log)) from error
    started = started_at(pid)
    if started is None:
        raise no_sandbox(said_by(log))
    return HostProcess(pid, started)


def no_sandbox(said: str) -> RuntimeUnavailable:
    """The error for a host on which bubblewrap fails, by what it said."""
    advice = NO_NAMESPACES
    if "nknown option" in said:
        advice = "Install bubblewrap 0.8 or newer."
    return RuntimeUnavailable(f"This host can't make sandboxes: {said}", advice=advice)


def said_by(log: Path) -> str:
    """The end of what a sandbox's programs complained about."""
    try:
        return log.read_text(errors="replace").strip()[-300:] or "no reason was given"
    except OSError:
        return "no reason was given"
