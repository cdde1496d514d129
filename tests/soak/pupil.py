"""A student who does week 10 over and over, and to whom things happen between steps."""

import queue
import random
import threading
import time
from collections.abc import Callable

from tests.faults.student import Student
from tests.soak.records import Watch
from tests.soak.stage import SAID_SECONDS, Spoiled, Stage, patience

STEP_SECONDS = 45.0
LAUNCH_SECONDS = 60.0
TRIES = 5
PACE_SECONDS = (0.3, 2.0)
HANDED_OVER_SECONDS = 240.0
STEPS = (
    *(("serve", "serving"), ("call", "passed"), ("read", "passed"), ("extract", "passed")),
    *(("serve-extended", "serving"), ("call-extended", "passed"), ("read-extended", "passed")),
    *(("telnet", "passed"), ("extract", "passed"), ("stop", "passed")),
)
"""Of week 10, between its topic and its end, with what they come to."""

Incident = Callable[["Pupil"], None]


class Renewed(Exception):
    """The session has a new cluster: its steps begin again."""


class Pupil(threading.Thread):
    """One student's browser and hands."""

    def __init__(self, stage: Stage, username: str, seed: int):
        super().__init__(daemon=True, name=username)
        self.stage, self.tally = stage, stage.tally
        self.chance = random.Random(f"{seed} {username}")
        self.student = Student(stage.portal, username, patience=60.0)
        self.watch: Watch | None = None
        self.incidents: queue.Queue[tuple[Incident, threading.Event]] = queue.Queue()

    @property
    def session(self) -> str:
        """Its session's name."""
        return self.student.session

    def happen(self, incident: Incident) -> bool:
        """Have something happen to it between two steps, and wait until that is over."""
        over = threading.Event()
        self.incidents.put((incident, over))
        return over.wait(HANDED_OVER_SECONDS * patience())

    def run(self) -> None:
        """Until it is told that all ends: from a launch to the end of a cluster, and again."""
        while not self.stage.ended.is_set():
            self.tally.add("sessions")
            try:
                self.lab()
                self.tally.add("whole")
            except Spoiled as why:
                self.tally.add("spoiled")
                self.tally.tell(f"{self.name} begins anew: {why}")
            except Exception as error:
                # Whatever it is, it is what the soak is there to find.
                self.tally.note("trouble", f"{self.name} {self.session}: {error!r}"[:1500])
            self.leave()
        while not self.incidents.empty():
            self.incidents.get()[1].set()

    def lab(self) -> None:
        """Week 10 from its launch on, on as many clusters as it takes."""
        self.launch()
        while True:
            try:
                self.work()
            except Renewed:
                continue
            return

    def work(self) -> None:
        """The steps, as far as the time goes, and then what came of them."""
        self.step("topic")
        self.watch = Watch(self.stage, self.student)
        for step, state in STEPS:
            if self.stage.ended.wait(self.chance.uniform(*PACE_SECONDS)):
                break
            # A session remembers what was run last: incidents run other lines.
            chosen = {"code": self.stage.lines} if step == "extract" else {}
            self.step(step, state, **chosen)
            # Before there are events, the lab refuses what incidents begin with.
            if step != "serve":
                self.meet()
        self.watch.compare()

    def launch(self) -> None:
        """Press the button and wait for the cluster."""
        self.student.click_launch()
        self.comes_up()

    def comes_up(self) -> None:
        """The cluster gets ready. Whose launch failed starts it again, as its page says."""
        for _ in range(TRIES):
            self.stage.within(
                LAUNCH_SECONDS,
                f"the launch of {self.session} ends",
                lambda: self.student.status() in ("ready", "failed", "ended"),
            )
            if self.student.status() == "ready":
                return
            self.blame("launches", time.monotonic() - LAUNCH_SECONDS, "cluster")
            self.student.post(f"/s/{self.session}/reset/")
        raise Spoiled("its cluster does not come up")

    def close(self) -> None:
        """Close the page."""
        if self.watch is not None:
            self.watch.close()
        self.watch = None

    def leave(self) -> None:
        """Close the page and tear down; the portal says that it is so."""
        try:
            self.close()
            if self.session:
                self.student.post(f"/s/{self.session}/down/")
                self.ends()
        except (Spoiled, AssertionError, OSError) as error:
            self.tally.note("trouble", f"{self.name} can't leave {self.session}: {error!r}")

    def ends(self) -> None:
        """The session has ended."""
        self.stage.within(
            2 * SAID_SECONDS,
            f"{self.session} has ended",
            lambda: self.student.status() == "ended",
        )

    def meet(self) -> None:
        """Whatever waits to happen."""
        while not self.incidents.empty():
            incident, over = self.incidents.get()
            try:
                with self.stage.fault(self.session):
                    incident(self)
            finally:
                over.set()

    def step(self, step: str, state: str = "passed", **chosen: str) -> None:
        """Run a step, again when a fault has failed it. Raises Spoiled when it can't be done."""
        for _ in range(TRIES):
            began = time.monotonic()
            self.tally.add("steps")
            try:
                within = STEP_SECONDS * patience()
                self.student.run(step, state=state, within=within, **chosen)
                return
            except AssertionError as error:
                self.blame("steps", began, step, str(error))
            if self.student.status() != "ready":
                raise Spoiled(f"{self.session} is {self.student.status()} at {step}")
            if self.student.state(step) == state:
                return
            self.student.post(f"/s/{self.session}/stop/{step}/")
            self.rests(step)
        raise Spoiled(f"{step} fails again and again")

    def rests(self, step: str) -> None:
        """Nothing of the step is under way any more."""
        self.stage.within(
            SAID_SECONDS,
            f"{step} of {self.session} ends",
            lambda: self.student.state(step) not in ("queued", "running", "serving"),
        )

    def blame(self, what: str, since: float, step: str, why: str = "") -> None:
        """Something failed: by a fault, or by nothing that was done to it."""
        if self.stage.was_disturbed(self.session, since):
            self.tally.add(f"{what} failed by a fault")
            return
        words = self.student.words(step)
        self.tally.note("unexplained", f"{what}, {self.session} {step}: {why} {words}"[:1500])
