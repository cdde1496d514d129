"""What happens to one student's session, and what the page has to say then."""

import os
import signal
import threading
import time

from portal.engine.runtimes.sandbox.place import Place
from tests.faults.processes import command_of, inside_numbers, namespace_of
from tests.faults.student import Student, Viewer
from tests.soak import rows
from tests.soak.pupil import Incident, Pupil, Renewed
from tests.soak.records import LOG
from tests.soak.stage import GOOD_SECONDS, SAID_SECONDS, Spoiled, patience

SERVERS = ("serve", "serve-extended")
SCRIPT = "flask-with-kafka-and-spark/game_api_with_json_events.py"
WRONG = 'raise ValueError("this script is wrong")\n'
SLEEP = "import time\nprint('begun')\ntime.sleep(120)"
NAP = "import time\ntime.sleep(2)"
TABLE = """\
extracted_events = spark.createDataFrame([("default",)] * 2, ["event_type"])
extracted_events.show()
"""
WARM_SECONDS = 60.0
LINES = 3000
FLOOD = f"for number in range({LINES}): print('flood', number, flush=True)"


def kill_kernel(pupil: Pupil) -> None:
    """The step says so, and runs again."""
    sleeping(pupil)
    kill_inside(pupil, "guest.shell")
    says(pupil, "extract", "failed", "its kernel was killed")
    pupil.step("extract", code=TABLE)


def kill_broker(pupil: Pupil) -> None:
    """The session has failed; a reset makes it good."""
    kill_inside(pupil, "kafka.Kafka")
    failed_and_reset(pupil, "its broker was killed")


def kill_cluster(pupil: Pupil) -> None:
    """The same with all of it."""
    pupil.stage.portal.kill_cluster(pupil.session)
    failed_and_reset(pupil, "its cluster was killed")


def tear_down(pupil: Pupil) -> None:
    """In the middle of a step."""
    sleeping(pupil)
    pupil.student.post(f"/s/{pupil.session}/down/")
    pupil.ends()
    raise Spoiled("it was torn down")


def reset(pupil: Pupil) -> None:
    """In the middle of a step."""
    sleeping(pupil)
    renewed(pupil)


def click_twice(pupil: Pupil) -> None:
    """Two hands press one button: one run comes of it."""
    before, gate = rows.runs(pupil.session, "extract"), threading.Barrier(2)

    def press() -> None:
        twin = Student.__new__(Student)
        twin.__dict__.update(pupil.student.__dict__)
        gate.wait(10)
        twin.post(f"/s/{pupil.session}/run/extract/", code=NAP)

    hands = [threading.Thread(target=press) for _ in range(2)]
    for hand in hands:
        hand.start()
    for hand in hands:
        hand.join()
    made = rows.runs(pupil.session, "extract") - before
    if made != 1:
        pupil.tally.note("doubled runs", f"{pupil.session}: {made} of two clicks", abs(made - 1))
    pupil.rests("extract")


def cancel(pupil: Pupil) -> None:
    """What runs is cancelled, and the next run passes."""
    sleeping(pupil)
    pupil.student.post(f"/s/{pupil.session}/stop/extract/")
    says(pupil, "extract", "cancelled", "it was cancelled")
    pupil.step("extract", code=TABLE)


def flood(pupil: Pupil) -> None:
    """Its last line comes to the page that is open."""
    watch = pupil.watch
    if watch is None:
        return
    name = f"flood{time.monotonic_ns()}"
    argv = ("python", "-c", FLOOD)
    before = len(watch.viewer.entries[LOG])
    pupil.stage.runtime.start(pupil.session, "mids", name, argv)
    pupil.stage.within(
        GOOD_SECONDS,
        f"the flood of {pupil.session} arrives",
        lambda: (
            f"flood {LINES - 1}" in (each["text"] for each in watch.viewer.entries[LOG][before:])
        ),
    )


def wrong_script(pupil: Pupil) -> None:
    """The server's step fails in words; with the lab's own script it serves again."""
    served = [each for each in SERVERS if pupil.student.state(each) == "serving"]
    for step in SERVERS:
        pupil.student.post(f"/s/{pupil.session}/stop/{step}/")
        pupil.rests(step)
    code = f"/s/{pupil.session}/code/"
    pupil.student.post(code, path=SCRIPT, code=WRONG)
    pupil.student.click_run("serve")
    pupil.stage.within(
        2 * SAID_SECONDS,
        f"serve of {pupil.session} fails of its script",
        lambda: pupil.student.state("serve") == "failed",
    )
    if "this script is wrong" not in (words := pupil.student.words("serve")):
        pupil.tally.note("untrue", f"{pupil.session} serve: {words[:500]}")
    pupil.student.post(code, path=SCRIPT, action="reset")
    for step in served or ["serve"]:
        pupil.step(step, "serving")


INCIDENTS: dict[str, Incident] = {
    each.__name__.replace("_", " "): each
    for each in (
        *(kill_kernel, kill_broker, kill_cluster, tear_down, reset),
        *(click_twice, cancel, flood, wrong_script),
    )
}


def sleeping(pupil: Pupil) -> None:
    """A step that would take long is under way, and has begun."""
    student = pupil.student
    student.click_run("extract", code=SLEEP)
    pupil.tally.add("steps")
    stream = student.stream("extract")
    viewer = Viewer(student).follow(stream)
    with viewer.watch(within=SAID_SECONDS * patience()):
        pupil.stage.within(
            WARM_SECONDS,
            f"extract of {pupil.session} runs",
            lambda: "\nbegun" in "".join(viewer.texts(stream)),
        )


def says(pupil: Pupil, step: str, state: str, why: str) -> None:
    """The page has to say so within its time."""
    pupil.stage.within(
        SAID_SECONDS,
        f"{step} of {pupil.session} is {state}: {why}",
        lambda: pupil.student.state(step) == state,
    )


def kill_inside(pupil: Pupil, word: str) -> None:
    """SIGKILL what has this in its command line, in the session's sandbox."""
    note = Place(pupil.stage.portal.var / "run" / "sandboxes", pupil.session).note
    if note is None:
        raise Spoiled("it has no sandbox")
    found = [each for each in inside_numbers({namespace_of(note.pid)}) if word in command_of(each)]
    if not found:
        raise AssertionError(f"nothing in {pupil.session} is {word}")
    for each in found:
        os.kill(each, signal.SIGKILL)


def failed_and_reset(pupil: Pupil, why: str) -> None:
    """The session's page says that it has failed; then it begins on a new cluster."""
    pupil.stage.within(
        SAID_SECONDS,
        f"{pupil.session} has failed: {why}",
        lambda: pupil.student.status() == "failed",
    )
    renewed(pupil)


def renewed(pupil: Pupil) -> None:
    """A new cluster, on which the steps begin again."""
    pupil.close()
    pupil.student.post(f"/s/{pupil.session}/reset/")
    pupil.comes_up()
    raise Renewed
