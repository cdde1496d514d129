"""What a lab's cluster is made of: services, what they may use, and the files put into it."""

from pathlib import PurePosixPath
from typing import Any

from pydantic import ConfigDict, Field, field_validator, model_validator

from portal.engine.guest import confs
from portal.engine.runs import Frozen, Name, Seconds


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
    limits: Limits = Limits()

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


class FileSpec(Frozen):
    """A file under `/w205`: its content given here, or `from` a file beside lab.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    path: str
    content: str | None = None
    source: str | None = Field(default=None, alias="from")
    editable: bool = False
    mode: int = Field(default=0o644, ge=0, le=0o777)

    @field_validator("path", "source")
    @classmethod
    def stays_inside(cls, value: str | None) -> str | None:
        """A path is relative and has no `..`."""
        if value is not None:
            path = PurePosixPath(value)
            # A path has one spelling: two files can't mean the same one.
            if path.is_absolute() or ".." in path.parts or str(path) != value or value == ".":
                raise ValueError(f"must be a relative path without '..', not {value!r}")
            if not value.isprintable():
                raise ValueError("must hold no control characters")
        return value

    @model_validator(mode="after")
    def has_one_source(self) -> "FileSpec":
        """Exactly one of content and from."""
        if (self.content is None) == (self.source is None):
            raise ValueError("give either 'content' or 'from'")
        return self
