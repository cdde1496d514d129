"""What a runner has to be allowed in the namespace of sessions."""

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.kubernetes.api import GROUPS, Api

NEEDED = {
    "pods": ("create", "delete", "get", "list", "patch", "watch"),
    "secrets": ("create", "delete", "get", "list"),
    "networkpolicies": ("create", "get"),
}
"""By kind of part; `deploy/kubernetes/sessions.yaml` gives them."""


def check(api: Api) -> None:
    """Return if all of it is allowed. Raises RuntimeUnavailable."""
    for kind, verbs in NEEDED.items():
        for verb in verbs:
            if not api.may(verb, kind, GROUPS.get(kind, "")):
                raise RuntimeUnavailable(
                    f"The portal may not {verb} {kind} in {api.namespace}.",
                    advice="Whoever runs this portal gives it the role of docs/kubernetes.md.",
                )
