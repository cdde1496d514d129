"""A command as a student types it, and what it runs where."""

import shlex

from pydantic import Field

from portal.engine.lab.fields import Frozen, Name

COMPOSE_EXEC = ("docker-compose", "exec")


class Command(Frozen):
    """What runs where, made from a command line that a student would type."""

    service: Name
    argv: tuple[str, ...] = Field(min_length=1)

    @classmethod
    def parse(cls, line: str) -> "Command":
        """Read `docker-compose exec SERVICE ARGV…`. Raises ValueError saying what is wrong."""
        words = shlex.split(line.replace("\\\n", " "))
        if tuple(words[:2]) != COMPOSE_EXEC or len(words) < 4:
            raise ValueError(f"must read 'docker-compose exec SERVICE COMMAND …', not {line!r}")
        return cls(service=words[2], argv=tuple(words[3:]))
