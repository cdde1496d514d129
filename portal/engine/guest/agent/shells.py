"""Commands in a service, and the terminals that they are on."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
from pathlib import Path
from typing import Any

from . import door, noted
from .attached import Attached
from .children import GRACE_SECONDS, Child, Children
from .peer import CROWDED, NotTold, Peer, Refused, Request, why
from .terminal import Terminal

MOST_TERMINALS = 8
ON_A_TERMINAL = 'exec "$@" 0<>"$0" 1>&0 2>&0'
"""The first terminal that a session's leader opens is the one that controls it."""
SHIMS = Path(__file__).resolve().parents[1] / "terminal" / "bin"

Service = dict[str, Any]


class Shells:
    """The services, and whatever is started in them."""

    def __init__(self) -> None:
        self.children = Children()
        self.services: dict[str, Service] = {}
        self.others: list[str] = []
        """Services whose agents are others', behind doors of their own."""
        self.terminals: dict[tuple[str, str], Terminal] = {}
        self.lock = threading.Lock()

    def terminal(self, request: Request, peer: Peer) -> None:
        """Attach to a terminal, with a shell in it if `begin` says so."""
        service, key = self._service(request), (request["service"], request["name"])
        with self.lock:
            found = self.terminals.get(key)
            if found is None:
                if not request["begin"]:
                    raise Refused("there is no such terminal")
                if len(self.terminals) >= MOST_TERMINALS:
                    raise Refused(f"more than {MOST_TERMINALS} terminals: close one first")
                found = self.terminals[key] = Terminal(request["rows"], request["columns"])
            if request["begin"] and not found.is_running:
                self._begin_shell(found, service, request)
        if request["begin"]:
            found.resize(request["rows"], request["columns"])
        try:
            Attached(peer, found, int(request["since"]), request["epoch"]).serve()
        except RuntimeError as error:
            raise Refused(CROWDED) from error

    def run(self, request: Request, peer: Peer) -> None:
        """Run a command for one who is in another container; hanging up ends it."""
        service = self._service(request)
        if request["rows"]:
            terminal = Terminal(request["rows"], request["columns"])
            try:
                # Looked at before it begins: none of it is missed, however soon it ends.
                attached = Attached(peer, terminal, 0, terminal.epoch)
                self._begin_shell(terminal, service, request)
                attached.serve()
            except RuntimeError as error:
                raise Refused(CROWDED) from error
            finally:
                terminal.dispose()
            return
        try:
            child = self._spawn(
                {**service, "environment": environment_of(service, request)},
                request,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            raise Refused(f"{request['argv'][0]}: {why(error)}") from error
        try:
            door.Piped(peer, child).carry()
        except RuntimeError as error:
            raise Refused(CROWDED) from error

    def _begin_shell(self, terminal: Terminal, service: Service, request: Request) -> None:
        self._note_services()
        argv = ["/bin/sh", "-c", ON_A_TERMINAL]
        try:
            slave, path = terminal.make_pty()
        except OSError as error:
            raise Refused(f"no terminal can be had: {why(error)}") from error
        try:
            child = self._spawn(
                {**service, "environment": environment_of(service, request)},
                {"argv": [*argv, path, *request["argv"]]},
                stdin=slave,
                stdout=slave,
                stderr=slave,
            )
        except OSError as error:
            terminal.forget_pty()
            raise Refused(f"{request['argv'][0]}: {why(error)}") from error
        finally:
            os.close(slave)
        try:
            terminal.begin(child)
        except RuntimeError as error:
            child.end(signal.SIGKILL, GRACE_SECONDS)
            terminal.forget_pty()
            raise Refused(CROWDED) from error

    def _note_services(self) -> None:
        noted.note({name: each["environment"] for name, each in self.services.items()}, self.others)

    def _service(self, request: Request) -> Service:
        if not self.services:
            raise NotTold
        try:
            return self.services[request["service"]]
        except KeyError:
            raise Refused(f"no service is called {request.get('service')!r}") from None

    def _spawn(self, service: Service, request: Request, **stdio: int) -> Child:
        child = self.children.spawn(
            request["argv"],
            service["environment"],
            stdin=stdio["stdin"],
            stdout=stdio["stdout"],
            stderr=stdio["stderr"],
        )
        # The kernel picks it before this agent when memory is short.
        with contextlib.suppress(OSError):
            Path(f"/proc/{child.pid}/oom_score_adj").write_text(str(service["oom"]))
            if limit := service["data_limit"]:
                resource.prlimit(child.pid, resource.RLIMIT_DATA, (limit, limit))
        return child


def environment_of(service: Service, request: Request) -> dict[str, str]:
    """What a shell, or a command of one, has: `docker-compose` is among its programs."""
    environment: dict[str, str] = {**service["environment"], **request["environment"]}
    environment["PATH"] = f"{SHIMS}:{environment['PATH']}"
    return environment
