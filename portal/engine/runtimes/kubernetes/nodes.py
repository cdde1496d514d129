"""What nodes tell of the images that they have, where a runner may see nodes."""

from collections.abc import Iterable

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.kubernetes.api import Api
from portal.engine.runtimes.kubernetes.pod import Object

HUB = "docker.io"
"""Whose images have no host in their names, but in what nodes tell of them."""
TOLD_AT_MOST = 50
"""A node tells of its largest images only, of so many."""
KEEPS_OUT = ("NoSchedule", "NoExecute")


def lacking(api: Api, images: Iterable[str]) -> list[str]:
    """The images that some node doesn't have that takes sessions; none where nobody may look."""
    try:
        nodes = [each for each in api.nodes() if takes_sessions(each)]
    except RuntimeUnavailable:
        return []
    has = [names for each in nodes if (names := told(each)) is not None]
    return [image for image in images if not all(whole(image) in names for names in has)]


def takes_sessions(node: Object) -> bool:
    """Whether a pod can come there that tolerates nothing."""
    spec = node.get("spec", {})
    taints = [each.get("effect") for each in spec.get("taints") or ()]
    return not spec.get("unschedulable") and not any(each in KEEPS_OUT for each in taints)


def told(node: Object) -> set[str] | None:
    """The names of a node's images; None if it has more than it tells."""
    images = node.get("status", {}).get("images") or ()
    if len(images) >= TOLD_AT_MOST:
        return None
    return {str(name) for each in images for name in each.get("names") or ()}


def whole(image: str) -> str:
    """An image's name, with the host that it is pulled from."""
    host, _, rest = image.partition("/")
    if rest and ("." in host or ":" in host or host == "localhost"):
        return image
    return f"{HUB}/{image}" if rest else f"{HUB}/library/{image}"
