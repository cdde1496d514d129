"""What a lab's services need of their cluster: limits, scratch space, environments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from portal.engine.errors import RuntimeUnavailable
from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.agent.layout import GUEST, HOME, SCRATCH_MB
from portal.engine.runtimes.base import Image

SERVICE_OOM, STUDENT_OOM = 300, 800
"""How readily the kernel ends a process for want of memory: a service late, students' code soon."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A lab's needs, summed up over its services."""

    services: tuple[ServiceSpec, ...]
    images: Mapping[str, Image]
    merges: bool = False
    """Whether memory that is like another cluster's may be one with it."""

    @property
    def memory(self) -> int:
        """Bytes."""
        return sum(each.limits.memory_mb for each in self.services) << 20

    @property
    def processes(self) -> int:
        """How many, threads included."""
        return sum(each.limits.processes for each in self.services)

    @property
    def cpus(self) -> float:
        """Processors' worth of time."""
        return sum(each.limits.cpus for each in self.services)

    @property
    def disk_mb(self) -> int:
        """Room under `/data`, and the size that a file may have."""
        return max(each.limits.disk_mb for each in self.services)

    def scratch(self) -> dict[str, int]:
        """Writable folders and their sizes in bytes.

        Files in them are memory. All of them full still leave a quarter of it for processes:
        otherwise a student who fills them could not even delete anything any more.
        """
        wanted = {"/data": self.disk_mb, **SCRATCH_MB}
        share = 3 * self.memory // (4 * len(wanted))
        return {path: min(size << 20, share) for path, size in wanted.items()}

    def configuration(self, *, has_group: bool, others: Iterable[str] = ()) -> dict[str, Any]:
        """What the agent is told. Without a control group each process has a limit of its own.

        `others` are services that other agents have.
        """
        services = {
            each.name: {
                "environment": self._environment(each),
                "oom": SERVICE_OOM if each.command else STUDENT_OOM,
                "data_limit": 0 if has_group else each.limits.memory_mb << 20,
            }
            for each in self.services
        }
        # Counted by user, and another portal of this host may use the same one: only where it must.
        processes = None if has_group else self.processes
        return {
            "services": services,
            "others": list(others),
            "fsize": self.disk_mb << 20,
            "nproc": processes,
            "merges": self.merges,
        }

    def _environment(self, service: ServiceSpec) -> dict[str, str]:
        image = self.image(service)
        return {
            "PATH": ":".join((*image.path, "/opt/venv/bin", "/usr/bin", "/bin")),
            "HOME": HOME,
            "USER": "student",
            "LANG": "C.UTF-8",
            "PYTHONPATH": GUEST,
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "DATA_DIR": "/data",
            "SERVICE_MEMORY_MB": str(service.limits.memory_mb),
            **image.environment,
            **service.environment,
        }

    def image(self, service: ServiceSpec) -> Image:
        """What a service runs on. Raises RuntimeUnavailable for what no operator allowed."""
        try:
            image = self.images[service.image]
        except KeyError:
            raise RuntimeUnavailable(
                f"The image {service.image!r} is not one of {', '.join(sorted(self.images))}.",
                advice="Choose one of those in lab.yaml, or add that image: see CONTRIBUTING.md.",
            ) from None
        if not image.is_here:
            raise not_fetched(image.name)
        return image


def not_fetched(image: str) -> RuntimeUnavailable:
    """For an image that nobody has asked for yet."""
    return RuntimeUnavailable(
        f"The image {image!r} is not on this host: it is fetched only when asked for.",
        advice=f"Whoever runs this portal types: make install IMAGES={image}",
    )
