"""`docker-compose` and `docker`, as far as they make sense in a session's terminal.

`exec SERVICE COMMAND` runs the command as that service does: in its environment, with its
programs. Where services share the terminal's namespaces this becomes the command; where each has
a container of its own, it is the command's terminal. `ps`, `up` and `logs` tell what the services'
agents know. What ends the cluster is the page's, which asks first. The agent notes the services'
environments in a file.
"""

import json
import os
import subprocess
import sys
from collections.abc import Container
from dataclasses import dataclass, field
from pathlib import Path

from . import bridge, cluster
from .door import Closed

SERVICES = Path("/tmp/.services.json")  # noqa: S108 - the cluster's own
HOME = "/w205"
SERVICES_BYTES = 1 << 20
WITH_VALUE = {
    *("-e", "--env", "-u", "--user", "-w", "--workdir", "--index", "-f", "--file"),
    *("-p", "--project-name", "--env-file", "--detach-keys"),
}
KEPT = ("TERM", "COLUMNS", "LINES", "SLUICE_COMMAND")
NOT_FOUND, CANNOT = 127, 126
IN_FOLDER = 'cd "$0" && exec "$@"'
IN_FOLDER_DETACHED = 'cd "$0" && exec setsid "$@" </dev/null >/dev/null 2>&1 &'
USAGE = "Usage: {name} exec [-T] [-e KEY=VALUE] SERVICE COMMAND [ARGUMENTS...]"
DOWN = (
    "The page now asks whether to tear the cluster down.\n"
    "Nothing ends before you say yes there. If it doesn't ask, choose Tear down\n"
    "at the top of the page."
)
PAGES = {
    "rm": "There are no containers of yours to remove: docker-compose down ends the cluster.",
    "stop": "A part of the cluster can't be stopped alone: docker-compose down ends all of it.",
    "start": "The cluster's services run for as long as it does: docker-compose ps lists them.",
    "restart": "A service can't be started anew alone. Reset, at the top of the page, makes a new "
    "cluster: events are lost, files stay.",
    "pull": "Images are the operator's to fetch: what the lab needs is there.",
    "run": "A new container can't be had here. This shell is in one already: type the command.",
}
PAGES |= {"kill": PAGES["stop"], "pause": PAGES["stop"], "build": PAGES["pull"]}
NONE_HERE = "There is no Docker in here. The page starts, resets and ends the cluster."


@dataclass
class Typed:
    """An `exec` as it was typed."""

    service: str
    argv: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    folder: str = HOME
    is_detached: bool = False
    has_terminal: bool = True


class Wrong(Exception):
    """What was typed can't be done; the text says why, for whoever typed it."""

    def __init__(self, text: str, status: int = 1):
        super().__init__(text)
        self.status = status


def main(name: str, typed: list[str]) -> int:
    """Do what was typed; return the exit status."""
    try:
        return run(name, typed)
    except Wrong as wrong:
        print(wrong, file=sys.stderr)
        return wrong.status
    except KeyboardInterrupt:
        return 130


def run(name: str, typed: list[str]) -> int:
    """As `main`. Raises Wrong."""
    rest = after_options(typed)[1]
    if rest[:1] == ["compose"] and name == "docker":
        name, rest = "docker compose", after_options(rest[1:])[1]
    verb = rest[0] if rest else "help"
    match verb:
        case "exec":
            return execute(read_exec(name, rest[1:]))
        case "config":
            print("\n".join(sorted(read_services())))
            return 0
        case "ps" | "up" | "logs":
            return look(name, verb, rest[1:])
        case "down":
            # The page has the line by the shell's marks, as it has every other.
            print(DOWN)
            return 0
    raise Wrong(PAGES.get(verb, f"{name} {verb} is not here. {USAGE.format(name=name)}"))


def look(name: str, verb: str, typed: list[str]) -> int:
    """What the services' agents tell. Raises Wrong."""
    services = sorted(read_services())
    try:
        if verb == "logs":
            wanted = cluster.read_logs(typed)
            named = [service_of(each, services) for each in wanted.services]
            return cluster.logs(named or services, wanted)
        if any(each.lstrip("-").startswith("q") for each in typed):
            raise Wrong(NONE_HERE)
        return cluster.up(services) if verb == "up" else cluster.ps(services)
    except Closed as closed:
        raise Wrong(f"The cluster does not answer: {closed}.") from closed


def after_options(typed: list[str]) -> tuple[list[str], list[str]]:
    """The options at the beginning, and what follows them."""
    at = 0
    while at < len(typed) and typed[at].startswith("-") and typed[at] != "-":
        at += 2 if typed[at] in WITH_VALUE else 1
    return typed[:at], typed[at:]


def read_exec(name: str, typed: list[str]) -> Typed:
    """What follows `exec`. Raises Wrong."""
    options, rest = after_options(typed)
    if len(rest) < 2:
        raise Wrong(USAGE.format(name=name))
    made = Typed(rest[0], rest[1:])
    words = iter(options)
    for word in words:
        key, _, value = word.partition("=")
        if key in WITH_VALUE and not value:
            value = next(words, "")
        if key in ("-e", "--env"):
            variable, has_value, content = value.partition("=")
            made.environment[variable] = content if has_value else os.environ.get(variable, "")
        elif key in ("-w", "--workdir"):
            made.folder = value
        elif key in ("-d", "--detach"):
            made.is_detached = True
        elif key in ("-T", "--no-TTY"):
            made.has_terminal = False
    return made


def read_services() -> dict[str, dict[str, str] | None]:
    """The services, each with its environment; with none if it has a container of its own.

    Raises Wrong.
    """
    try:
        with SERVICES.open("rb") as file:
            found = json.loads(file.read(SERVICES_BYTES))
        return {
            str(name): None if each is None else {str(k): str(v) for k, v in each.items()}
            for name, each in found.items()
        }
    except (OSError, ValueError, AttributeError, RecursionError) as error:
        raise Wrong(
            f"The list of services can't be read ({error}). End this shell, and begin a new one."
        ) from error


def service_of(name: str, services: Container[str]) -> str:
    """The service that a name means, be it of a container (w205_mids_1). Raises Wrong."""
    for part in (name, *name.replace("-", "_").split("_")):
        if part in services:
            return part
    raise Wrong(f"No such service: {name}. There are: {', '.join(sorted(read_services()))}.")


def execute(typed: Typed) -> int:
    """Become the command, in its service. Raises Wrong."""
    services = read_services()
    service = service_of(typed.service, services)
    kept = {key: os.environ[key] for key in KEPT if key in os.environ}
    there = services[service]
    if there is None:
        return execute_there(typed, service, kept)
    own = os.path.join(os.path.dirname(os.path.realpath(__file__)), "bin")
    environment = {**there, **kept, "SLUICE_SERVICE": service, **typed.environment}
    environment["PATH"] = f"{own}:{environment.get('PATH', os.defpath)}"
    try:
        os.chdir(typed.folder)
    except OSError as error:
        raise Wrong(f"{typed.folder}: {error.strerror}", CANNOT) from error
    sys.stdout.flush()
    try:
        if typed.is_detached:
            subprocess.Popen(
                typed.argv,
                env=environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            return 0
        os.execvpe(typed.argv[0], typed.argv, environment)  # noqa: S606 - that is what it is for
    except FileNotFoundError as error:
        raise Wrong(f"{service}: {typed.argv[0]}: command not found", NOT_FOUND) from error
    except (OSError, ValueError) as error:
        raise Wrong(f"{service}: {typed.argv[0]}: {error}", CANNOT) from error


def execute_there(typed: Typed, service: str, kept: dict[str, str]) -> int:
    """Be the terminal of a command in another container. Raises Wrong."""
    kept.pop("SLUICE_COMMAND", None)
    environment = {**kept, "SLUICE_SERVICE": service, **typed.environment}
    argv = ["/bin/sh", "-c", IN_FOLDER, typed.folder, *typed.argv]
    has_terminal = typed.has_terminal and not typed.is_detached
    if typed.is_detached:
        argv[2] = IN_FOLDER_DETACHED
    try:
        return bridge.run(service, argv, environment, has_terminal=has_terminal)
    except Closed as closed:
        raise Wrong(f"{service} does not answer: {closed}.") from closed
