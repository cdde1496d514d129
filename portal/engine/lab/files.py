"""The files that a lab puts into its cluster, under `/w205`."""

from pathlib import PurePosixPath

from pydantic import ConfigDict, Field, field_validator, model_validator

from portal.engine.lab.fields import Frozen


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
