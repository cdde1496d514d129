"""What whoever runs a bench has said about it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Asked:
    """How large and how long; each bench has its own measure of what is not said."""

    students: int | None = None
    minutes: float | None = None
    pool: int | None = None
