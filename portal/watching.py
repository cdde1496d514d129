"""`python -m portal.watching PART COMMAND…`: run a host's worker or relay, and end it when it
makes no progress.

It can't be asked: a pattern or a parser that holds the interpreter's lock stops each of its
threads, and none of them could say so. So a thread of it writes into a pipe every second
(`portal.heart`), and this process, which does nothing else, waits at the other end. Nothing for a
while, and the worker is made to show where its threads stand, ended, noted and replaced.
"""

import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

from django.conf import settings
from redis.exceptions import RedisError

from portal import vitals
from portal.vitals import ENDED, KILLED, STOOD_STILL, STOPPED, Worker

log = logging.getLogger(__name__)
SILENT_SECONDS = 8.0
"""Without a beat. A busy worker beats late by tenths of a second, never by so much."""
START_SECONDS = 90.0
"""Until the first beat: it imports all of the portal meanwhile, beside others that do."""
DUMP_SECONDS = 0.5
LEAVE_SECONDS = 6.0
"""What a worker that is told to stop gets, within what the supervisor gives us."""
BACKOFF_SECONDS = 5.0
"""A worker that ended sooner after its start than this is started again that much later."""
HEART_FD = "SLUICE_HEART_FD"


class Watch:
    """A worker or a relay, and what is to be noted of it."""

    def __init__(self, host: str, part: str, argv: list[str]):
        self.host = host
        self.part = part
        self.argv = argv
        self.child: subprocess.Popen[bytes] | None = None
        self.known = vitals.worker_of(host, part)
        self.is_noted = True
        self.told_to_stop = threading.Event()

    @property
    def is_told_to_stop(self) -> bool:
        """Whether whoever started us wants an end of it."""
        return self.told_to_stop.is_set()

    def run(self) -> int:
        """Keep a worker up until we are told to stop. Return its exit status."""
        if self.known.up_since:  # Whoever watched over it was killed, and it with that.
            self.note(Worker(ended_at=time.time(), why=KILLED))
        while (why := self.live_and_note()) != STOPPED:
            log.warning("the %s has %s: another is started", self.part, WORDS[why])
        return self.child.returncode if self.child else 0

    def live_and_note(self) -> str:
        """One worker's life. One that ends as soon as it is started is given a rest afterwards."""
        began = time.monotonic()
        why = self.live()
        self.note(Worker(ended_at=time.time(), why=why))
        is_short = time.monotonic() - began < BACKOFF_SECONDS
        if why != STOPPED and is_short and self.told_to_stop.wait(BACKOFF_SECONDS):
            return STOPPED
        return why

    def live(self) -> str:
        """One worker's life. Return how it ended."""
        ours, its = os.pipe()
        try:
            self.child = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", "--", *self.argv],
                env={**os.environ, HEART_FD: str(its)},
                pass_fds=(its,),
            )
        finally:
            os.close(its)
        try:
            self.note(Worker(time.time(), self.known.ended_at, self.known.why))
            return self.watch(ours, self.child)
        finally:
            os.close(ours)

    def watch(self, heart: int, child: "subprocess.Popen[bytes]") -> str:
        """Until it has ended, whoever ended it."""
        heard_at, patience = time.monotonic(), START_SECONDS
        while True:
            left = heard_at + patience - time.monotonic()
            readable = select.select([heart], [], [], min(1.0, max(0.1, left)))[0]
            if readable:
                if not os.read(heart, 4096):  # Closed: it ends.
                    return self.wait(child)
                heard_at, patience = time.monotonic(), SILENT_SECONDS
            elif left <= 0 and not self.is_told_to_stop:
                return self.end(child)
            if child.poll() is not None:
                return self.wait(child)
            if self.is_told_to_stop and self.known.up_since:
                # We may be killed before it has ended: that must not look like a mishap.
                self.note(Worker(ended_at=time.time(), why=STOPPED))
            self.note(self.known)

    def wait(self, child: "subprocess.Popen[bytes]") -> str:
        """How it ended by itself."""
        try:
            status = child.wait(LEAVE_SECONDS if self.is_told_to_stop else SILENT_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            status = child.wait()
        if self.is_told_to_stop:
            return STOPPED
        return KILLED if status < 0 else ENDED

    def end(self, child: "subprocess.Popen[bytes]") -> str:
        """End one that stands still, once it has shown where."""
        log.error("no sign of life of the %s for %g s: it is ended", self.part, SILENT_SECONDS)
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(signal.SIGUSR2)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(DUMP_SECONDS)
        child.kill()
        child.wait()
        return STOOD_STILL

    def stop(self, number: int, frame: FrameType | None) -> None:
        """We are told to stop: so is the worker, which ends what it can."""
        self.told_to_stop.set()
        if self.child is not None and self.child.poll() is None:
            self.child.send_signal(number)

    def note(self, worker: Worker) -> None:
        """Write it down now, or with the next look if Redis is away."""
        if worker == self.known and self.is_noted:
            return
        self.known = worker
        try:
            vitals.note(self.host, worker, self.part)
            self.is_noted = True
        except (RedisError, OSError) as error:
            if self.is_noted:
                log.warning("what became of the %s is noted later: %s", self.part, error)
            self.is_noted = False


WORDS = {
    STOOD_STILL: "stood still",
    KILLED: "been killed",
    STOPPED: "stopped",
    ENDED: "ended by itself",
}


def main(argv: list[str]) -> int:
    """Watch over the command."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    part, *command = argv
    watch = Watch(settings.HOST_NAME, part, command)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, watch.stop)
    return watch.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
