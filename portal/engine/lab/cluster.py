"""What a lab's cluster is made of: services, and what each of them may use."""

from typing import Annotated, Any

from pydantic import Field, field_validator

from portal.engine.guest import confs
from portal.engine.lab.fields import Frozen, Name, Seconds

LoopbackName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9.-]{0,60}:127(\.[0-9]{1,3}){3}$", max_length=80)
]


class Limits(Frozen):
    """What one service may use at most."""

    memory_mb: int = Field(default=512, ge=16, le=16384)
    cpus: float = Field(default=1.0, gt=0, le=16)
    processes: int = Field(default=256, ge=8, le=4096)
    disk_mb: int = Field(default=256, ge=8, le=16384)


class Ready(Frozen):
    """When a service counts as ready: the command exits 0, tried again until it does.

    It runs in the lab's `tools` service.
    """

    run: tuple[str, ...] = Field(min_length=1)
    waits_for: str = Field(min_length=1, description="What it waits for, in words for a student")
    timeout: Seconds = 60
    usual: Seconds = 2


class ServiceSpec(Frozen):
    """One service of the cluster, as in a compose file where that fits."""

    name: Name
    image: str = Field(min_length=1, description="A name from the operator's list of images")
    command: tuple[str, ...] = ()
    environment: dict[str, str] = Field(default_factory=dict)
    expose: tuple[int, ...] = ()
    ready: Ready | None = None
    background: bool = Field(
        default=False, description="Starts with the cluster, but the cluster doesn't wait for it"
    )
    conf: dict[str, str] | None = Field(
        default=None, description="Spark's settings for the pyspark that runs in it"
    )
    extra_hosts: tuple[LoopbackName, ...] = Field(
        default=(), description="More names of the loopback, each as 'name:127.0.0.1'"
    )
    limits: Limits = Limits()

    @property
    def host_names(self) -> dict[str, str]:
        """The address of each extra name."""
        return dict(each.split(":", 1) for each in self.extra_hosts)

    @property
    def spark_conf(self) -> dict[str, str]:
        """The settings that its pyspark has."""
        return confs.QUICK if self.conf is None else self.conf

    @field_validator("environment", "conf", mode="before")
    @classmethod
    def takes_numbers(cls, value: Any) -> Any:
        """A number or a boolean needs no quotes."""
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return value


def plain(value: Any) -> Any:
    """A number as text; a boolean is one in Spark's words."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else value
