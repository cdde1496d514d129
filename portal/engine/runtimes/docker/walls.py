"""What the engine runs containers by: the host's own kernel, or one of their own as gVisor's."""

from typing import Any

from portal.engine.errors import RuntimeUnavailable

IF_THERE = "auto"
"""By gVisor where the engine has it set up for us, else as the engine does by itself."""
GVISOR = "runsc"
SOCKETS = "--host-uds=all"
"""Lets an agent take its first call on a host's socket, and make one that the host can call."""
ON_THE_HOSTS_KERNEL = ("", "runc", "crun", "io.containerd.runc.v2")


def choose(info: dict[str, Any], wanted: str) -> str:
    """The program to name to the engine; empty for its own choice.

    `info` is what the engine says of itself.
    """
    if wanted != IF_THERE:
        return wanted
    return GVISOR if SOCKETS in arguments(info, GVISOR) else ""


def arguments(info: dict[str, Any], program: str) -> list[str]:
    """What the engine starts a program of its with; none for one that it does not know."""
    found = (info.get("Runtimes") or {}).get(program) or {}
    return list(found.get("runtimeArgs") or ())


def is_apart(program: str) -> bool:
    """Whether its containers have a kernel of their own.

    Such a one takes no listening socket from outside, and can't ask the engine for names.
    """
    return program not in ON_THE_HOSTS_KERNEL


def check(info: dict[str, Any], wanted: str) -> None:
    """Raise RuntimeUnavailable if a program is named that the engine can't run our containers by.

    Nothing falls back: who asks for stronger walls would not see that they aren't there.
    """
    known = sorted(info.get("Runtimes") or {})
    if wanted not in ("", IF_THERE, *known):
        raise RuntimeUnavailable(
            f"The Docker engine can't run containers by {wanted}, only by {', '.join(known)}.",
            advice=f"Install {wanted} and add it to the engine's runtimes (daemon.json), or leave "
            "SLUICE_DOCKER_RUNTIME empty.",
        )
    if is_apart(wanted) and wanted != IF_THERE and SOCKETS not in arguments(info, wanted):
        raise RuntimeUnavailable(
            f"The Docker engine starts {wanted} without {SOCKETS}: the portal could not reach "
            "what runs in a container.",
            advice=f'Add it to the "runtimeArgs" of {wanted} in the engine\'s daemon.json, and '
            "start the engine again.",
        )
