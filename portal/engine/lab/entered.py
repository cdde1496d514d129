"""A line that a student has typed in a shell, and the commands in it as far as they can be read.

A shell's language is not read here but for what people type: commands side by side, variables
before them, `env`, `docker-compose exec`. What can't be read has no commands, and passes nothing.
"""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from portal.engine.lab.command import Command

BEFORE = frozenset({"do", "then", "else", "time", "sudo", "exec", "command", "!", "{", "env"})
"""Words that stand before a command and change nothing of what it is."""
COMPOSE = (("docker-compose", "exec"), ("docker", "compose", "exec"))
COMPOSERS = frozenset({"docker-compose", "docker"})
LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Invocation:
    """One command: where it runs, what it is given in variables, and its words."""

    service: str
    variables: tuple[tuple[str, str], ...]
    argv: tuple[str, ...]

    @property
    def program(self) -> str:
        """What runs, by its name alone."""
        return self.argv[0].rsplit("/", 1)[-1]

    @classmethod
    def of(cls, command: Command) -> "Invocation":
        """A lab's own command."""
        return read_words(command.service, list(command.argv)) or cls(
            command.service, (), command.argv
        )


@dataclass(frozen=True, slots=True)
class Entered:
    """A line, the service whose shell took it, and what came of it. All of it is hostile text."""

    service: str
    line: str
    began: float = 0.0
    """Seconds since the epoch."""
    is_over: bool = True
    exit_status: int | None = None
    """Of its last command; None while it runs, or where the shell has not said."""
    output: str = ""
    """The end of what it printed."""

    @property
    def commands(self) -> tuple[Invocation, ...]:
        """Those that can be read, in order."""
        return tuple(commands_in(self.service, self.line))

    @property
    def ends_cluster(self) -> bool:
        """Whether it has compose's word for that, and went well."""
        return self.exit_status == 0 and any(
            each.program in COMPOSERS and "down" in each.argv[1:] for each in self.commands
        )


def commands_in(service: str, line: str) -> Iterator[Invocation]:
    """The commands of a line that is typed in a service's shell."""
    if len(line) > LONGEST:
        return
    try:
        words = list(words_of(line))
    except ValueError:  # A quotation without its end.
        return
    part: list[str] = []
    skips = False
    for word in [*words, ";"]:
        if skips:
            skips = False
        elif set(word) <= set(";&|\n()"):
            if found := read_words(service, part):
                yield found
            part = []
        elif set(word) <= set("<>&"):
            skips = True  # What follows is a file.
        else:
            part.append(word)


def words_of(line: str) -> Iterator[str]:
    """Words, and what stands between commands. Raises ValueError."""
    text = line.replace("\\\r\n", " ").replace("\\\n", " ")
    lexer = shlex.shlex(text, posix=True, punctuation_chars=";&|<>()\n")
    lexer.whitespace = " \t\r"
    lexer.whitespace_split = True
    lexer.commenters = ""
    yield from lexer


def read_words(service: str, words: list[str]) -> Invocation | None:
    """One command, without what only stands before it. None where nothing is left."""
    variables: dict[str, str] = {}
    left = list(words)
    while left:
        name, is_set, value = left[0].partition("=")
        if left[0] in BEFORE:
            left.pop(0)
        elif is_set and name.isidentifier():
            variables[name] = value
            left.pop(0)
        elif inner := in_service(left):
            service, left = inner
        else:
            return Invocation(service, tuple(sorted(variables.items())), tuple(left))
    return None


def in_service(words: list[str]) -> tuple[str, list[str]] | None:
    """The service that `docker-compose exec` names, and what it is to run there."""
    for begin in COMPOSE:
        if tuple(words[: len(begin)]) == begin:
            left = words[len(begin) :]
            while left and left[0].startswith("-"):
                left = left[1:]
            return (left[0], left[1:]) if left else None
    return None
