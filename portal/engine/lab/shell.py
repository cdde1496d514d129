"""A lab's commands as lines of a shell script that does them again at home.

The script says what its own commands are: `step TITLE`, `missed TITLE`, `wait_for COMMAND …` and
`control_c SERVICE PROCESS`. What is quoted here holds whatever a student or an author typed.
"""

import shlex
from collections.abc import Iterator

from portal.engine.lab.command import Command
from portal.engine.markdown import one_line

NOTHING = " </dev/null"
"""Without a stdin of its own a command would eat the script's."""


def compose(line: str, stdin: str = NOTHING) -> str:
    """A command that a student types, without the terminal."""
    command = Command.parse(line)
    argv = command.argv
    if argv[0] == "curl":
        argv = ("curl", "-sS", *argv[1:])
    return exec_line(command.service, argv, stdin)


def exec_line(service: str, argv: tuple[str, ...], stdin: str = NOTHING) -> str:
    """Run something in a service."""
    return f"docker-compose exec -T {shlex.quote(service)} {shlex.join(argv)}{stdin}"


def control_c(service: str, process: str) -> str:
    """Control-C for a server."""
    return f"control_c {shlex.quote(service)} {shlex.quote(process)}\n"


def missed(title: str) -> str:
    """The end of a line: a word if it fails."""
    return f" || missed {shlex.quote(one_line(title))}"


def heredoc(text: str) -> tuple[str, str]:
    """A text as it is: how it is announced, and the text with a last word that is not in it."""
    word = "END"
    lines = set(text.split("\n"))
    while word in lines:
        word += "_"
    return f" <<'{word}'", f"{text.removesuffix(chr(10))}\n{word}\n"


def comments(text: str) -> Iterator[str]:
    """A text as comments; nothing in it starts a line of its own."""
    for line in text.splitlines():
        yield f"# {one_line(line)}\n"
