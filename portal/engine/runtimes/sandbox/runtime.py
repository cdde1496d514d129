"""The sandbox driver: the runtime contract, kept by bubblewrap and an agent inside.

On the host a session is a folder: `agent.sock` (the agent's address), `sandbox.json` (the
sandbox's first process), `etc/`. The folder is made before anything starts and removed after
everything has ended, so that a crash in between leaves a trace for `list_all` to find.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from portal.engine.errors import (
    ClusterError,
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    RuntimeUnavailable,
    ServiceNotReady,
    StepFailed,
)
from portal.engine.runtimes.base import (
    Cancelled,
    ClusterSpec,
    Execution,
    Health,
    Image,
    LogLine,
    ProcessHealth,
    Progress,
    Runtime,
    State,
    Stats,
    never,
)
from portal.engine.runtimes.sandbox import bubblewrap
from portal.engine.runtimes.sandbox.cgroup import ControlGroup
from portal.engine.runtimes.sandbox.link import Link, MemoryWatch, SandboxExecution, ask
from portal.engine.runtimes.sandbox.processes import (
    NO_NAMESPACES,
    read_child_pid,
    started_at,
    wait_until_gone,
)
from portal.engine.spec import ServiceSpec

GUEST_FOLDER = Path(__file__).resolve().parents[2] / "guest"
FIRST_UID = 200_000
PROBE_PAUSE = 0.05
SERVICE_OOM, STUDENT_OOM = 300, 800
"""How readily the kernel ends a process for want of memory: a service late, students' code soon."""


class SandboxRuntime(Runtime):
    """One bubblewrap sandbox a session. Nothing in it is trusted."""

    name = "sandbox"

    def __init__(self, *, folder: str, venv: str, images: Mapping[str, Image]):
        self.folder = Path(folder)
        self.venv = Path(venv)
        self.images = images

    # -- what this host can do

    def check(self) -> None:
        bubblewrap.find("bwrap")
        bubblewrap.find("setpriv")
        probe = ["bwrap", "--unshare-net", "--unshare-pid", "--ro-bind", "/", "/", "true"]
        if os.geteuid() != 0:
            probe.insert(1, "--unshare-user")
        done = subprocess.run(probe, capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            raise RuntimeUnavailable(
                f"This host can't make sandboxes: {done.stderr.strip()[:300]}",
                advice=NO_NAMESPACES,
            )

    def _confinement(self, session: str) -> bubblewrap.Confinement:
        if os.geteuid() != 0:
            return bubblewrap.Confinement(uid=None)
        return bubblewrap.Confinement(uid=FIRST_UID + zlib.crc32(session.encode()) % 60_000)

    # -- starting

    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        try:
            yield from self._up(spec, cancelled)
        except BaseException:
            self.down(spec.session)
            raise

    def _up(self, spec: ClusterSpec, cancelled: Cancelled) -> Iterator[Progress]:
        started = time.monotonic()
        if not self._is_alive(spec.session):
            self.down(spec.session)
            yield Progress("sandbox", "namespaces, limits and files", usual=0.2)
            self._spawn(spec)
            yield Progress("sandbox", "", True, time.monotonic() - started, 0.2)
        for path, content in spec.files.items():
            self.put_file(spec.session, path, content)
        began = time.monotonic()
        for service in spec.lab.services:
            if service.command:
                self.start(spec.session, service.name, service.name, service.command)
        for service in spec.lab.services:
            waits_for = service.ready.waits_for if service.ready else ""
            usual = service.ready.usual if service.ready else 0.0
            if service.ready:
                yield Progress(service.name, waits_for, usual=usual)
                self._wait_until_ready(spec, service, cancelled)
            yield Progress(service.name, waits_for, True, time.monotonic() - began, usual)

    def _wait_until_ready(
        self, spec: ClusterSpec, service: ServiceSpec, cancelled: Cancelled
    ) -> None:
        """Run the service's probe, from the tools' service, until it succeeds."""
        assert service.ready is not None
        deadline = time.monotonic() + service.ready.timeout
        said = b""
        while (left := deadline - time.monotonic()) > 0:
            self._fail_if_ended(spec.session, service)
            probe = self.exec(
                spec.session, spec.lab.tools, service.ready.run, timeout=left, cancelled=cancelled
            )
            try:
                said = b"".join(piece.data for piece in probe)[-500:] or said
            except CommandTimedOut:
                break
            if probe.exit_status == 0:
                return
            if cancelled():
                raise CommandCancelled
            time.sleep(PROBE_PAUSE)
        raise ServiceNotReady(
            f"{service.name} was not ready after {service.ready.timeout:g} s: it waits for "
            f"{service.ready.waits_for}. {said.decode(errors='replace').strip()}".strip()
        )

    def _fail_if_ended(self, session: str, service: ServiceSpec) -> None:
        process = self.observe(session).process(service.name)
        if process is not None and not process.is_running:
            last = [line.text.decode(errors="replace") for line in self._tail(session, service)]
            raise ServiceNotReady(
                f"{service.name} ended while starting (exit status {process.exit_status}). "
                f"Its last lines: {' / '.join(last)}"
            )

    def _tail(self, session: str, service: ServiceSpec, count: int = 3) -> list[LogLine]:
        deadline = time.monotonic() + 0.5
        lines = self.logs(session, service.name, cancelled=lambda: time.monotonic() > deadline)
        return list(lines)[-count:]

    def _spawn(self, spec: ClusterSpec) -> None:
        folder = self.folder / spec.session
        folder.mkdir(parents=True, mode=0o700)
        confinement = self._confinement(spec.session)
        group = ControlGroup(spec.session)
        limits = [service.limits for service in spec.lab.services]
        memory = sum(limit.memory_mb for limit in limits) << 20
        has_group = group.create(memory, sum(limit.processes for limit in limits))
        data_mb = max(limit.disk_mb for limit in limits)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(folder / "agent.sock"))
            listener.listen(64)
            self._launch(folder, listener, spec, confinement, group if has_group else None)
        request = {
            "services": self._services(spec, has_group),
            "fsize": data_mb << 20,
            "nproc": sum(limit.processes for limit in limits),
        }
        try:
            ask(folder / "agent.sock", "configure", **request)
        except ClusterGone as error:
            said = (folder / "bwrap.log").read_text(errors="replace").strip()[-300:]
            raise RuntimeUnavailable(
                f"The sandbox ended at once: {said}", advice=NO_NAMESPACES
            ) from error

    def _launch(
        self,
        folder: Path,
        listener: socket.socket,
        spec: ClusterSpec,
        confinement: bubblewrap.Confinement,
        group: ControlGroup | None,
    ) -> None:
        """Start bubblewrap, note its first process, and let it go on once it is limited."""
        info_read, info_write = os.pipe()
        block_read, block_write = os.pipe()
        argv = bubblewrap.command(
            etc=list(bubblewrap.write_etc(folder / "etc", spec.lab, confinement.uid or 1000)),
            binds=self._binds(spec),
            data_mb=max(service.limits.disk_mb for service in spec.lab.services),
            confinement=confinement,
            listener=listener.fileno(),
            info=info_write,
            block=block_read,
        )
        log = (folder / "bwrap.log").open("wb")
        try:
            outer = subprocess.Popen(
                argv,
                pass_fds=(listener.fileno(), info_write, block_read),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={},
                start_new_session=True,
            )
        finally:
            log.close()
            os.close(info_write)
            os.close(block_read)
        # Somebody has to wait for it, or it stays as a zombie for as long as the runner lives.
        threading.Thread(target=outer.wait, daemon=True).start()
        try:
            inner = read_child_pid(info_read, folder / "bwrap.log")
            note = {"pid": inner, "started": started_at(inner), "has_group": group is not None}
            (folder / "sandbox.json").write_text(json.dumps(note))
            if group is not None:
                group.add([outer.pid, inner])
            os.write(block_write, b"x")
        finally:
            os.close(info_read)
            os.close(block_write)

    def _binds(self, spec: ClusterSpec) -> dict[str, str]:
        binds = {"/opt/venv": str(self.venv), f"{bubblewrap.GUEST}/guest": str(GUEST_FOLDER)}
        home = bubblewrap.python_home(self.venv)
        if home is not None:
            binds[str(home)] = str(home)
        for service in spec.lab.services:
            binds |= self._image(service).binds
        for host in binds.values():
            if not Path(host).exists():
                raise RuntimeUnavailable(
                    f"{host} is missing.", advice="Run 'make up' to install what is missing."
                )
        return binds

    def _image(self, service: ServiceSpec) -> Image:
        try:
            return self.images[service.image]
        except KeyError:
            raise RuntimeUnavailable(
                f"The image {service.image!r} is not one of {', '.join(sorted(self.images))}.",
                advice="Choose one of those in lab.yaml, or add it to the portal's settings.",
            ) from None

    def _services(self, spec: ClusterSpec, has_group: bool) -> dict[str, dict[str, Any]]:
        services = {}
        for service in spec.lab.services:
            image = self._image(service)
            environment = {
                "PATH": ":".join((*image.path, "/opt/venv/bin", "/usr/bin", "/bin")),
                "HOME": "/w205",
                "USER": "student",
                "LANG": "C.UTF-8",
                "PYTHONPATH": bubblewrap.GUEST,
                "PYTHONUNBUFFERED": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "DATA_DIR": "/data",
                "SERVICE_MEMORY_MB": str(service.limits.memory_mb),
                **image.environment,
                **service.environment,
            }
            services[service.name] = {
                "environment": environment,
                "oom": SERVICE_OOM if service.command else STUDENT_OOM,
                "data_limit": 0 if has_group else service.limits.memory_mb << 20,
            }
        return services

    # -- a session's files on the host

    def _socket(self, session: str) -> Path:
        return self.folder / session / "agent.sock"

    def _note(self, session: str) -> dict[str, Any]:
        try:
            note = json.loads((self.folder / session / "sandbox.json").read_text())
        except (OSError, ValueError):
            return {}
        return note if isinstance(note, dict) else {}

    def _is_alive(self, session: str) -> bool:
        note = self._note(session)
        return bool(note) and started_at(note["pid"]) == note["started"]

    # -- driving

    def observe(self, session: str) -> Health:
        try:
            answer = ask(self._socket(session), "observe")
            processes = tuple(process_health(each) for each in answer["processes"])
        except (ClusterError, KeyError, TypeError, ValueError):
            return Health(State.ABSENT)
        services = [each for each in processes if each.name == each.service]
        is_broken = any(not each.is_running for each in services)
        return Health(State.BROKEN if is_broken else State.UP, processes)

    def exec(
        self,
        session: str,
        service: str,
        argv: tuple[str, ...],
        *,
        stdin: bytes = b"",
        timeout: float = 60.0,
        cancelled: Cancelled = never,
    ) -> Execution:
        link = Link(self._socket(session))
        request = {"service": service, "argv": list(argv)}
        watch = MemoryWatch(ControlGroup(session))
        return SandboxExecution(link, request, stdin, timeout, cancelled, watch)

    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        ask(self._socket(session), "start", service=service, process=process, argv=list(argv))

    def interrupt(self, session: str, process: str, *, timeout: float = 10.0) -> int | None:
        link = Link(self._socket(session))
        link.socket.settimeout(timeout + 10)
        try:
            link.send("interrupt", process=process, timeout=timeout)
            status = link.answer().get("exit")
        finally:
            link.close()
        return status if isinstance(status, int) else None

    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        try:
            link = Link(self._socket(session))
        except ClusterGone:
            return
        try:
            link.send("logs", service=service, since=since)
            while link.wait(cancelled):
                if fields := link.answer():
                    yield log_line(fields)
        except (ClusterGone, KeyError, TypeError, ValueError):
            return
        finally:
            link.close()

    def put_file(self, session: str, path: str, content: bytes) -> None:
        link = Link(self._socket(session))
        try:
            link.send("put", body=content, path=path, size=len(content), mode=0o644)
            link.answer()
        finally:
            link.close()

    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        link = Link(self._socket(session))
        try:
            link.send("get", path=path, limit=limit)
            answer = link.answer()
            if answer.get("missing"):
                raise FileNotFoundError(path)
            size = answer.get("size")
            if not isinstance(size, int) or not 0 <= size <= limit:
                raise StepFailed(f"{path} could not be read.")
            return link.take(size)
        finally:
            link.close()

    def stats(self, session: str) -> Stats:
        answer = ask(self._socket(session), "stats")
        return Stats(int(answer.get("memory", 0)), int(answer.get("processes", 0)))

    # -- ending

    def down(self, session: str) -> None:
        folder = self.folder / session
        note, group = self._note(session), ControlGroup(session)
        if note and started_at(note["pid"]) == note["started"]:
            # The first process of a PID namespace takes all others with it.
            with contextlib.suppress(ProcessLookupError):
                os.kill(note["pid"], signal.SIGKILL)
        elif folder.exists():
            with contextlib.suppress(ClusterError):
                ask(self._socket(session), "quit")
        for pid in group.pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if note:
            wait_until_gone(note["pid"], note["started"])
        group.remove()
        shutil.rmtree(folder, ignore_errors=True)

    def list_all(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(each.name for each in self.folder.iterdir() if each.is_dir())


def process_health(fields: Mapping[str, Any]) -> ProcessHealth:
    """Read what an agent says of a process. Raises KeyError, TypeError or ValueError."""
    status = fields["exit"]
    return ProcessHealth(
        name=str(fields["name"])[:60],
        service=str(fields["service"])[:60],
        is_running=bool(fields["running"]),
        exit_status=None if status is None else int(status),
        started_at=float(fields["started"]),
    )


def log_line(fields: Mapping[str, Any]) -> LogLine:
    """Read what an agent says of a line. Raises KeyError, TypeError or ValueError."""
    text = base64.b64decode(fields["t"], validate=True)
    return LogLine(int(fields["n"]), float(fields["at"]), str(fields["p"])[:60], text)
