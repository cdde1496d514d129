"""A container's control group on the host: whether its kernel ended something for want of memory.

The engine tells that only of a container's first process, and that is never what is ended.
"""

from pathlib import Path

from portal.engine.runtimes.agent.cgroup import ROOT, ControlGroup


class ContainerGroup(ControlGroup):
    """The control group that the engine made for a container."""

    def __init__(self, folder: str):
        super().__init__("")
        self.folders = [Path(folder)]


def find_group(container: str, root: Path = ROOT) -> str:
    """The folder of a container's group; empty where the runner can't see the host's groups."""
    tree = root if (root / "cgroup.controllers").exists() else root / "memory"
    # The engine's settings say how groups are called; the id is in the name in any case.
    for parent in (tree / "docker", tree / "system.slice", tree):
        pattern = f"*{container}*" if parent != tree else f"**/*{container}*"
        found = next(parent.glob(pattern), None)
        if found is not None:
            return str(found)
    return ""
