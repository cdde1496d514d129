"""Start a sandbox: bubblewrap, its limits, and the agent inside, told what it serves."""

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from portal.engine.errors import CapacityExceeded, ClusterError, ClusterGone
from portal.engine.runtimes.agent import seccomp
from portal.engine.runtimes.agent.link import Link, ask
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.sandbox import bubblewrap
from portal.engine.runtimes.sandbox.binds import binds
from portal.engine.runtimes.sandbox.place import Note, Place
from portal.engine.runtimes.sandbox.processes import (
    REAP_SECONDS,
    HostProcess,
    made_in,
    no_sandbox,
    read_child,
    said_by,
)

BACKLOG = 1024
INNER_UID = 1000
"""Whom an ordinary user's processes see themselves as."""
QUIT_SECONDS = 0.5
END_PAUSE = 0.01


def launch(place: Place, plan: Plan, venv: Path) -> Note:
    """Make a session's folder, sandbox and agent; to be called while `starting`.

    Raises RuntimeUnavailable or CapacityExceeded. What a failure leaves, `down` ends; so it does
    with what is left of a launch whose process was killed, as the note says how far that came.
    """
    folders = binds(plan, venv)
    try:
        uid = place.free_uid() if os.geteuid() == 0 else None
        place.folder.mkdir(parents=True, mode=0o700)
        has_group = place.group.create(plan.memory, plan.processes, plan.cpus)
        with listening(place) as listener:
            process = Launch(place, plan, folders, uid, has_group).run(listener)
    except OSError as error:
        raise CapacityExceeded(f"This host can't start a sandbox: {error.strerror}.") from error
    try:
        ask(place.socket, "configure", **plan.configuration(has_group=has_group))
    except ClusterGone as error:
        raise no_sandbox(said_by(place.log)) from error
    return Note(process.pid, process.started, uid or INNER_UID, is_told=True)


def end_unnoted(place: Place) -> None:
    """End a sandbox without a note: whoever made it was killed before, or the note was removed.

    None is success. Raises ClusterError for one that goes on.
    """
    deadline = time.monotonic() + REAP_SECONDS
    while (made := made_in(place.folder)) or quit_agent(place):
        for process in made:
            process.kill()
        if time.monotonic() > deadline:
            raise ClusterError(
                f"A sandbox of session {place.session} did not end in {REAP_SECONDS:g} s.",
                advice="Try again; if it stays, restart this host.",
            )
        time.sleep(END_PAUSE)


def quit_agent(place: Place) -> bool:
    """Ask what listens in a session's folder to end; False when nothing does."""
    try:
        link = Link(place.socket, QUIT_SECONDS)
    except ClusterGone:
        return False
    with contextlib.closing(link), contextlib.suppress(ClusterError):
        link.send("quit")
        link.answer()
    return True


@contextlib.contextmanager
def listening(place: Place) -> Iterator[socket.socket]:
    """The agent's socket, bound by way of its folder: a long path would not fit its address."""
    folder = os.open(place.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(f"/proc/self/fd/{folder}/{place.socket.name}")
            listener.listen(BACKLOG)
            yield listener
    finally:
        os.close(folder)


@dataclass(frozen=True, slots=True)
class Launch:
    """One start of bubblewrap."""

    place: Place
    plan: Plan
    binds: dict[str, str]
    uid: int | None
    has_group: bool

    def run(self, listener: socket.socket) -> HostProcess:
        """Start it, note its first process, and let it go on once it is limited."""
        with contextlib.ExitStack() as ours:
            theirs = ours.enter_context(contextlib.ExitStack())
            info, to_info = pipe(ours, theirs)
            # Closing our end lets it go on, too: whoever fails here has killed it before.
            to_block, block = pipe(theirs, ours)[::-1]
            rules = seccomp.open_filter()
            theirs.callback(os.close, rules)
            log = theirs.enter_context(self.place.log.open("wb"))
            argv = self.command(listener.fileno(), to_info, block, rules)
            outer = subprocess.Popen(
                argv,
                pass_fds=[listener.fileno(), to_info, block, rules],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={},
                start_new_session=True,
            )
            # Somebody has to wait for it, or it stays as a zombie for as long as the runner lives.
            threading.Thread(target=outer.wait, daemon=True).start()
            theirs.close()
            inner = read_child(info, self.place.log)
            try:
                if self.has_group:
                    self.place.group.add([outer.pid, inner.pid])
                self.place.write(Note(inner.pid, inner.started, self.uid or INNER_UID))
            except BaseException:
                inner.kill()
                raise
            release(to_block)
            return inner

    def command(self, listener: int, info: int, block: int, rules: int) -> list[str]:
        """The argument list; writes the files under /etc that it names."""
        etc = bubblewrap.write_etc(self.place.etc, self.plan.services, self.uid or INNER_UID)
        return bubblewrap.command(
            etc=list(etc),
            binds=self.binds,
            scratch=self.plan.scratch(),
            confinement=bubblewrap.Confinement(uid=self.uid),
            listener=listener,
            info=info,
            block=block,
            seccomp=rules,
        )


def release(block: int) -> None:
    """Let bubblewrap go on, which waits for that."""
    os.write(block, b"x")


def pipe(reader: contextlib.ExitStack, writer: contextlib.ExitStack) -> tuple[int, int]:
    """A pipe's two ends, each closed by its own stack."""
    read, write = os.pipe()
    reader.callback(os.close, read)
    writer.callback(os.close, write)
    return read, write
