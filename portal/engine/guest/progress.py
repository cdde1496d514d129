"""How far Spark's jobs are while a statement runs: the stages and tasks that its shell would draw.

Asked of Spark's own status tracker by a thread beside the statement, and only once the statement
has run for a moment: what is quick pays nothing.
"""

import contextlib
import contextvars
import threading
from collections.abc import Callable, Iterator
from typing import Any

PAUSE = 0.4
Tell = Callable[[dict[str, Any]], None]


@contextlib.contextmanager
def told(find_context: Callable[[], Any], tell: Tell) -> Iterator[None]:
    """Tell how far the jobs of a SparkContext are, until the block ends."""
    ended = threading.Event()
    # In a context of its own the kernel would not know whose output this is.
    run = contextvars.copy_context().run
    watcher = threading.Thread(target=run, args=(watch, find_context, tell, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()


def watch(find_context: Callable[[], Any], tell: Tell, ended: threading.Event) -> None:
    """Tell whatever has changed. A Spark that is gone, or going, has nothing more to tell."""
    last: dict[str, Any] = {}
    with contextlib.suppress(Exception):
        while not ended.wait(PAUSE):
            found = look(find_context())
            if found and found != last and not ended.is_set():
                tell({"type": "progress", **found})
                last = found


def look(context: Any) -> dict[str, Any]:
    """The stages that run, and of all their tasks how many are done; empty while none runs.

    Jobs with a group, as the warming-up has one, are not the student's.
    """
    tracker = context.statusTracker()
    jobs = set(tracker.getActiveJobsIds()) & set(tracker.getJobIdsForGroup())
    own = {stage for job in jobs for stage in tracker.getJobInfo(job).stageIds}
    stages = [tracker.getStageInfo(each) for each in own & set(tracker.getActiveStageIds())]
    known = [each for each in stages if each is not None]
    if not known:
        return {}
    return {
        "stage": max(each.stageId for each in known),
        "stages": len(known),
        "done": sum(each.numCompletedTasks for each in known),
        "running": sum(each.numActiveTasks for each in known),
        "tasks": sum(each.numTasks for each in known),
    }
