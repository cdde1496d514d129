"""Watch a pod until all of it runs, or until it is plain that it won't."""

import time
from collections.abc import Iterator
from typing import Any

from portal.engine.errors import (
    CapacityExceeded,
    ClusterError,
    CommandCancelled,
    RuntimeUnavailable,
)
from portal.engine.runtimes.agent.startup import was_ended
from portal.engine.runtimes.base import Cancelled
from portal.engine.runtimes.kubernetes.api import Api, Event
from portal.engine.runtimes.kubernetes.pod import GATE, Object

START_SECONDS = 300.0
"""A node may have to fetch large images first."""
ROOM_SECONDS = 30.0
"""How long a pod may wait for a node that has room."""
WATCH_SECONDS = 2
"""Between two looks whether somebody has cancelled."""
NO_IMAGE = ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName")
MISMADE = ("CreateContainerConfigError", "CreateContainerError", "RunContainerError")


def until_it_runs(api: Api, name: str, cancelled: Cancelled) -> Object:
    """The pod, once every container of it runs and it has an address.

    Raises ServiceNotReady for one that is ended meanwhile, CapacityExceeded, RuntimeUnavailable,
    CommandCancelled.
    """
    began = time.monotonic()
    for event in events(api, name, cancelled):
        waited = time.monotonic() - began
        if event is None:
            if api.get("pods", name) is None:
                raise was_ended()
        elif event.is_gone or event.pod.get("metadata", {}).get("deletionTimestamp"):
            raise was_ended()
        else:
            pod = event.pod
            judge(pod, waited)
            if runs(pod):
                return pod
        if waited > START_SECONDS:
            break
    raise RuntimeUnavailable(
        f"The session's pod did not start in {START_SECONDS:g} s.",
        advice=f"Whoever runs this portal asks: kubectl describe pod {name}",
    )


def events(api: Api, name: str, cancelled: Cancelled) -> Iterator[Event | None]:
    """What becomes of a pod, for ever; None each time that a watch ends.

    A watch that is over begins again with the pod as it is, so that nothing is missed.
    """
    while True:
        for event in api.watch(name, WATCH_SECONDS):
            if cancelled():
                raise CommandCancelled
            yield event
        if cancelled():
            raise CommandCancelled
        yield None


def statuses(pod: Object) -> list[Object]:
    """Those of all its containers, the gate's first."""
    status = pod.get("status", {})
    found = [status.get(each) or [] for each in ("initContainerStatuses", "containerStatuses")]
    return [each for some in found for each in some]


def runs(pod: Object) -> bool:
    """Whether all of it does, and can be reached."""
    wanted = 1 + len(pod.get("spec", {}).get("containers", ()))
    running = [each for each in statuses(pod) if "running" in each.get("state", {})]
    return len(running) == wanted and bool(pod["status"].get("podIP"))


def judge(pod: Object, waited: float) -> None:
    """Raise what is wrong with a pod that starts, if anything is."""
    status = pod.get("status", {})
    if status.get("phase") == "Failed":
        raise failed(status)
    for each in status.get("conditions") or ():
        has_no_room = each.get("reason") == "Unschedulable" and each.get("status") == "False"
        if has_no_room and waited > ROOM_SECONDS:
            raise CapacityExceeded(f"No node has room for it: {said(each)}")
    for each in statuses(pod):
        waiting = each.get("state", {}).get("waiting") or {}
        if waiting.get("reason") in NO_IMAGE:
            raise no_image(each, waiting)
        if waiting.get("reason") in MISMADE:
            raise RuntimeUnavailable(
                f"A container could not be made: {said(waiting)}",
                advice="Whoever runs this portal looks at the images, and at the node's runtime.",
            )
        ended = each.get("state", {}).get("terminated") or each.get("lastState", {}).get(
            "terminated"
        )
        if ended and each.get("name") == GATE:
            raise RuntimeUnavailable(
                f"The session's gate did not start: {said(ended)}",
                advice="Make the images anew, with the release that this portal has.",
            )
        if ended:
            raise ClusterError(f"A container ended while it started: {said(ended)}")


def no_image(container: Object, waiting: Object) -> RuntimeUnavailable:
    """For one that no node can get."""
    image = str(container.get("image", ""))[:200]
    return RuntimeUnavailable(
        f"The image {image} can't be had: {said(waiting)}",
        advice="Whoever runs this portal pushes it to the registry that SLUICE_KUBERNETES_REGISTRY "
        "names, and lets nodes pull it.",
    )


def failed(status: Object) -> ClusterError:
    """For a pod that was put out, by its node or for its sake."""
    return CapacityExceeded(f"Its node has put the session out: {said(status)}")


def said(part: Any) -> str:
    """Reason and words, as the cluster gives them."""
    words = ": ".join(str(part.get(each)) for each in ("reason", "message") if part.get(each))
    return (words or "it does not say why")[:300]
