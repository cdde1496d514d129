"""The sandbox driver: the runtime contract, kept by bubblewrap and an agent inside.

All it knows of a session lies in its `Place`, so that any process of the host, started any time,
drives it just as well.
"""

import contextlib
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from portal.engine.errors import (
    ClusterError,
    ClusterGone,
    RuntimeUnavailable,
    StepFailed,
)
from portal.engine.runtimes.agent import seccomp
from portal.engine.runtimes.agent.execution import AgentExecution, MemoryWatch
from portal.engine.runtimes.agent.link import Link, ask
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.agent.pty import AgentPty
from portal.engine.runtimes.agent.startup import Startup, did_not_start, was_ended
from portal.engine.runtimes.agent.talks import follow_log, get_file, put_file
from portal.engine.runtimes.base import (
    Cancelled,
    ClusterSpec,
    Execution,
    Halt,
    Health,
    Image,
    Impairment,
    LogLine,
    Progress,
    Pty,
    Runtime,
    State,
    Stats,
    Stock,
    never,
)
from portal.engine.runtimes.sandbox import bubblewrap, links
from portal.engine.runtimes.sandbox.binds import lacks
from portal.engine.runtimes.sandbox.launch import end_unnoted, launch
from portal.engine.runtimes.sandbox.place import Note, Place
from portal.engine.runtimes.sandbox.processes import NO_NAMESPACES, no_sandbox
from portal.engine.runtimes.sandbox.standstill import first_of, go_on, stop_all, stopped
from portal.engine.terminals import Size

PROBE_SECONDS = 20.0
OBSERVE_SECONDS = 5.0
USUAL_SECONDS = 0.2


class SandboxRuntime(Runtime):
    """One bubblewrap sandbox a session. Nothing in it is trusted.

    `merges` has the kernel keep pages that are alike once: see `portal.engine.merging`.
    """

    name = "sandbox"

    def __init__(
        self, *, folder: str, venv: str, images: Mapping[str, Image], merges: bool = False
    ):
        self.folder = Path(folder).absolute()
        self.venv = Path(venv).absolute()
        self.images = images
        self.merges = merges

    def _place(self, session: str) -> Place:
        return Place(self.folder, session)

    def check(self) -> None:
        bubblewrap.find("setpriv")
        seccomp.native()
        try:
            done = subprocess.run(
                bubblewrap.probe(), capture_output=True, text=True, timeout=PROBE_SECONDS
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RuntimeUnavailable(
                f"This host can't make sandboxes: {error}", advice=NO_NAMESPACES
            ) from error
        if done.returncode != 0:
            raise no_sandbox(done.stderr.strip()[:300])

    def about(self) -> str:
        said = subprocess.run(
            [bubblewrap.find("bwrap"), "--version"],
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
        )
        return said.stdout.strip()

    def stock(self) -> list[Stock]:
        return [
            Stock(name, "missing" if lacks(image) else "present")
            for name, image in sorted(self.images.items())
            if image.for_labs and image.is_here
        ]

    # -- starting

    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        place = self._place(spec.session)
        note = place.note
        was_up = note is not None and note.is_ready and note.process.is_alive
        try:
            yield from self._up(place, spec, cancelled)
        except BaseException as error:
            if not was_up:
                # What can't be ended keeps its folder, and `list_all` tells of it.
                with contextlib.suppress(ClusterError):
                    self.down(spec.session)
            if isinstance(error, ClusterGone | StepFailed):
                raise did_not_start(error) from error
            raise

    def _up(self, place: Place, spec: ClusterSpec, cancelled: Cancelled) -> Iterator[Progress]:
        started = time.monotonic()
        yield Progress("sandbox", "namespaces, limits and files", usual=USUAL_SECONDS)
        note = self._adopt_or_launch(place, spec)
        if not note.is_ready:  # Later, the files are the student's.
            self.put_files(spec.session, spec.files, spec.modes)
        yield Progress("sandbox", "", True, time.monotonic() - started, USUAL_SECONDS)
        yield from Startup(self, spec, cancelled).run()
        keep(place, replace(note, is_ready=True))

    def _adopt_or_launch(self, place: Place, spec: ClusterSpec) -> Note:
        with place.starting():
            note = place.note
            if place.is_asleep and place.is_alive:
                self.thaw(spec.session)
            if note is None or not note.can_be_adopted:
                self.down(spec.session)
                note = launch(place, Plan(spec.services, self.images, self.merges), self.venv)
                keep(place, note)
            return note

    # -- driving

    def observe(self, session: str) -> Health:
        place = self._place(session)
        note = place.note
        if note is None or not note.process.is_alive:
            return Health(State.ABSENT)
        if place.is_asleep:
            return Health(State.ASLEEP)
        try:
            processes = ask(place.socket, "observe", patience=OBSERVE_SECONDS).processes()
        except ClusterError:
            # It runs but doesn't answer, or it ended just now.
            return Health(State.BROKEN if place.is_alive else State.ABSENT)
        if any(each.is_broken for each in processes):
            return Health(State.BROKEN, processes)
        return Health(State.UP if note.is_ready else State.STARTING, processes)

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
        place = self._place(session)
        return AgentExecution(
            Link(place.socket),
            {"service": service, "argv": list(argv)},
            stdin=stdin,
            timeout=timeout,
            cancelled=cancelled,
            memory=MemoryWatch(place.group),
        )

    def start(self, session: str, service: str, process: str, argv: tuple[str, ...]) -> None:
        socket = self._place(session).socket
        ask(socket, "start", service=service, process=process, argv=list(argv))

    def interrupt(self, session: str, process: str, *, timeout: float = 10.0) -> int | None:
        socket = self._place(session).socket
        patience = timeout + 10
        answer = ask(socket, "interrupt", patience=patience, process=process, timeout=timeout)
        return answer.status("exit")

    def halt(self, session: str, process: str, how: Halt, *, timeout: float = 10.0) -> None:
        socket = self._place(session).socket
        patience = timeout + 10
        ask(socket, "halt", patience=patience, process=process, how=how, timeout=timeout)

    def resume(self, session: str, process: str) -> None:
        ask(self._place(session).socket, "resume", process=process)

    def impair(self, session: str, service: str, how: Impairment | None) -> None:
        links.change(self._place(session), service, how)

    def impaired(self, session: str) -> Mapping[str, Impairment]:
        return self._place(session).impaired

    def open_pty(
        self,
        session: str,
        service: str,
        name: str,
        size: Size,
        *,
        since: int = 0,
        epoch: str = "",
        begin: bool = True,
    ) -> Pty:
        agent = self._place(session).socket
        return AgentPty(agent, service, name, size, since=since, epoch=epoch, begin=begin)

    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        yield from follow_log(self._place(session).socket, service, since, cancelled)

    def put_file(self, session: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        put_file(self._place(session).socket, path, content, mode)

    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        return get_file(self._place(session).socket, path, limit)

    def stats(self, session: str) -> Stats:
        answer = ask(self._place(session).socket, "stats")
        return Stats(answer.number("memory"), answer.number("processes"), answer.computed())

    # -- sleeping

    def freeze(self, session: str) -> None:
        place = self._place(session)
        with place.turning():
            first = first_of(place)
            if not place.is_asleep:
                place.fall_asleep({"stopped": stopped(first)})
            try:
                if not place.group.freeze():
                    stop_all(first)
                    return
            except (ClusterError, OSError):
                go_on(place, first)
                raise
        # Whoever freezes looks at others next; that takes a second or two.
        threading.Thread(target=place.group.give_back, daemon=True).start()

    def thaw(self, session: str) -> None:
        place = self._place(session)
        with place.turning():
            go_on(place, first_of(place))

    # -- ending

    def down(self, session: str) -> None:
        place = self._place(session)
        with place.turning():
            # What stands still in a control group doesn't even die.
            place.group.thaw()
            place.wake()
            self._end(place)

    def _end(self, place: Place) -> None:
        note = place.note
        if note is not None:
            # The first process of a PID namespace takes all others with it.
            note.process.kill()
        else:
            end_unnoted(place)
        place.group.remove()
        place.remove()

    def list_all(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        folders = (each for each in self.folder.iterdir() if each.is_dir())
        return sorted(each.name for each in folders if not each.name.startswith("."))


def keep(place: Place, note: Note) -> None:
    """Note how far a launch has come. Raises ServiceNotReady when it was ended meanwhile."""
    try:
        place.write(note)
    except OSError as error:
        raise was_ended() from error
