"""What a lab's services need of a sandbox: limits, folders from the host, environments."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.sandbox import bubblewrap
from portal.engine.spec import LabSpec, ServiceSpec

GUEST_FOLDER = Path(__file__).resolve().parents[2] / "guest"
SERVICE_OOM, STUDENT_OOM = 300, 800
"""How readily the kernel ends a process for want of memory: a service late, students' code soon."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A lab's needs, summed up: its services share one sandbox."""

    lab: LabSpec
    venv: Path
    images: Mapping[str, Image]

    @property
    def memory(self) -> int:
        """Bytes."""
        return sum(each.limits.memory_mb for each in self.lab.services) << 20

    @property
    def processes(self) -> int:
        """How many, threads included."""
        return sum(each.limits.processes for each in self.lab.services)

    @property
    def cpus(self) -> float:
        """Processors' worth of time."""
        return sum(each.limits.cpus for each in self.lab.services)

    @property
    def disk_mb(self) -> int:
        """Room under `/data`, and the size that a file may have."""
        return max(each.limits.disk_mb for each in self.lab.services)

    def scratch(self) -> dict[str, int]:
        """Writable folders and their sizes in bytes.

        Files in them are memory. All of them full still leave a quarter of it for processes:
        otherwise a student who fills them could not even delete anything any more.
        """
        wanted = {"/data": self.disk_mb, **bubblewrap.SCRATCH_MB}
        share = 3 * self.memory // (4 * len(wanted))
        return {path: min(size << 20, share) for path, size in wanted.items()}

    def binds(self) -> dict[str, str]:
        """Host folders by guest path. Raises RuntimeUnavailable for one that isn't there."""
        binds = {"/opt/venv": str(self.venv), f"{bubblewrap.GUEST}/guest": str(GUEST_FOLDER)}
        home = bubblewrap.python_home(self.venv)
        if home is not None:
            binds[str(home)] = str(home)
        for service in self.lab.services:
            binds |= self._image(service).binds
        for host in binds.values():
            if not Path(host).exists():
                raise RuntimeUnavailable(
                    f"{host} is missing.", advice="Run 'make up' to install what is missing."
                )
        return binds

    def configuration(self, *, has_group: bool) -> dict[str, Any]:
        """What the agent is told. Without a control group each process has a limit of its own."""
        services = {
            each.name: {
                "environment": self._environment(each),
                "oom": SERVICE_OOM if each.command else STUDENT_OOM,
                "data_limit": 0 if has_group else each.limits.memory_mb << 20,
            }
            for each in self.lab.services
        }
        # Counted by user, and another portal of this host may use the same one: only where it must.
        processes = None if has_group else self.processes
        return {"services": services, "fsize": self.disk_mb << 20, "nproc": processes}

    def _environment(self, service: ServiceSpec) -> dict[str, str]:
        image = self._image(service)
        return {
            "PATH": ":".join((*image.path, "/opt/venv/bin", "/usr/bin", "/bin")),
            "HOME": "/w205",
            "USER": "student",
            "LANG": "C.UTF-8",
            "PYTHONPATH": bubblewrap.GUEST,
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATA_DIR": "/data",
            "SERVICE_MEMORY_MB": str(service.limits.memory_mb),
            **image.environment,
            **service.environment,
        }

    def _image(self, service: ServiceSpec) -> Image:
        try:
            return self.images[service.image]
        except KeyError:
            raise RuntimeUnavailable(
                f"The image {service.image!r} is not one of {', '.join(sorted(self.images))}.",
                advice="Choose one of those in lab.yaml, or add it to the portal's settings.",
            ) from None
