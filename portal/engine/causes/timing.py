"""Causes of what ran out of its time: each by what was seen meanwhile."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

STILL = "The command was still running after {seconds:g} s and was ended."

BUSY_HOST = Cause(
    "timed-out-on-a-busy-host",
    Part.UNKNOWN,
    STILL,
    "This host was busy: {seen} Run the step again when less is going on; if the host is quiet and "
    "it hangs, it is the code.",
)
COMPUTING = Cause(
    "timed-out-computing",
    Part.CODE,
    STILL,
    "It computed all the while: {seen} Look for a loop that never ends, or work on less at once.",
)
WAITING = Cause(
    "timed-out-waiting",
    Part.UNKNOWN,
    STILL,
    "It was not for want of time: {seen} So it waited for something that did not come. Look what "
    "it waits for; if the command is the lab's own, look at its service's log and run it again.",
)
UNSEEN = Cause(
    "timed-out",
    Part.UNKNOWN,
    STILL,
    "{seen} Run the step again; if it hangs once more, look what it waits for, or reset the "
    "cluster.",
)
GOES_ON = Cause(
    "topic-goes-on",
    Part.UNKNOWN,
    "{program} was still reading after {seconds:g} s and was ended: -e ends it at the newest "
    "event, and {count} came to {topic} while it read.",
    "What it printed is right. Stop what sends events and run the step again, or read a number of "
    "them, by -c in the place of -e: {instead}",
)
READS_ON = Cause(
    "reads-without-end",
    Part.CODE,
    "{program} was still waiting for more events after {seconds:g} s and was ended: nothing in the "
    "command tells it to stop.",
    "Tell it where to end: {instead}",
)

ALL = (BUSY_HOST, COMPUTING, WAITING, UNSEEN, GOES_ON, READS_ON)
