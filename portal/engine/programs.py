"""How the portal starts its own programs in a cluster, whose files are the student's."""

COMMANDS = "/opt/sluice/guest/terminal/bin"
"""Where `docker-compose` is, as it is typed in a terminal."""


def guest(name: str, *arguments: str) -> tuple[str, ...]:
    """The argument list of `guest.NAME`, which a student's files can't stand in for.

    It is run in /w205: Python would look there first for every module, and in the packages and
    hooks of the home folder.
    """
    return ("python", "-sP", "-m", f"guest.{name}", *arguments)


def in_shell(line: str) -> tuple[str, ...]:
    """The argument list of a shell that reads a line, as one on a student's own machine would.

    `docker-compose` in it reaches the cluster's services.
    """
    return ("bash", "-c", f'PATH="{COMMANDS}:$PATH"; {line}')


def safely(argv: tuple[str, ...]) -> tuple[str, ...]:
    """The same command, started as above where a lab names one of our programs."""
    match argv:
        case ("python" | "python3", "-m", module, *arguments) if module.startswith("guest."):
            return guest(module.removeprefix("guest."), *arguments)
    return argv
