"""What the agent does when it is asked to. Each request runs in a thread of its own."""

import base64
import contextlib
import errno
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import files
from .children import GRACE_SECONDS, Child, Children
from .log import Log, Server
from .peer import Peer, Refused, Request

LISTENS_SECONDS = 2.0
CROWDED = "The cluster's limit of processes is reached. Stop what runs in it, then try again."

Service = dict[str, Any]


class Agent:
    """The verbs, and what they share: services, servers, logs."""

    def __init__(self) -> None:
        self.children = Children()
        self.services: dict[str, Service] = {}
        self.servers: dict[str, Server] = {}
        self.service_logs: dict[str, Log] = {}
        self.lock = threading.Lock()
        self.quick: dict[str, Callable[[Request, Peer], None]] = {
            "interrupt": self.interrupt,
            "observe": self.observe,
            "stats": self.stats,
            "quit": self.quit,
        }
        self.verbs = self.quick | {
            "configure": self.configure,
            "exec": self.exec,
            "start": self.start,
            "logs": self.logs,
            "put": self.put,
            "get": self.get,
        }

    def serve(self, peer: Peer, *, is_crowded: bool = False) -> None:
        """Answer one request, whatever is wrong with it. Crowded: only what needs no thread."""
        try:
            request = peer.request()
            verb = (self.quick if is_crowded else self.verbs).get(request["verb"])
            if verb is None:
                raise Refused(CROWDED if is_crowded else f"no verb {request['verb']!r}")
            verb(request, peer)
        except Refused as refused:
            peer.try_to_answer(error=str(refused))
        except Exception as error:  # The agent outlives every mistake.
            peer.try_to_answer(error=f"{type(error).__name__}: {error}")
        finally:
            peer.close()

    def configure(self, request: Request, peer: Peer) -> None:
        """Take limits and services; sent once, before anything else."""
        for limit, value in (
            (resource.RLIMIT_FSIZE, request["fsize"]),
            (resource.RLIMIT_NPROC, request["nproc"]),
            (resource.RLIMIT_CORE, 0),
        ):
            if value is not None:
                resource.setrlimit(limit, (value, value))
        self.services = request["services"]
        self.service_logs = {name: Log() for name in self.services}
        if most := max(service["data_limit"] for service in self.services.values()):
            # A hard bound before anything starts; `_confine` lowers it for each service.
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        peer.answer(ok=True)

    def exec(self, request: Request, peer: Peer) -> None:
        """Run a command on the caller's pipes. The caller hanging up ends it."""
        service = self._service(request)
        stdin, stdout, stderr = peer.take_fds(3)
        try:
            child = self._spawn(service, request, stdin=stdin, stdout=stdout, stderr=stderr)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.write(stderr, f"{request['argv'][0]}: {why(error)}\n".encode())
            peer.answer(exit=127 if isinstance(error, FileNotFoundError) else 126)
            return
        finally:
            for fd in (stdin, stdout, stderr):
                os.close(fd)
        child.tell(lambda status: peer.try_to_answer(exit=status))
        peer.wait_for_hangup()
        if child.status is None:
            child.end(signal.SIGTERM, GRACE_SECONDS)

    def start(self, request: Request, peer: Peer) -> None:
        """Start a server, unless one runs under this name."""
        service, name = self._service(request), request["process"]
        with self.lock:
            running = self.servers.get(name)
            if running is None or running.child.status is not None:
                self.servers[name] = self._serve_for_ever(service, request)
        peer.answer(ok=True)

    def interrupt(self, request: Request, peer: Peer) -> None:
        """Control-C, then kill; tell how it ended."""
        server = self.servers.get(request["process"])
        if server is not None and server.child.status is None:
            server.child.end(signal.SIGINT, request["timeout"])
        peer.answer(exit=server.child.status if server else None)

    def observe(self, request: Request, peer: Peer) -> None:
        """Tell of every server."""
        peer.answer(processes=[server.describe() for server in list(self.servers.values())])

    def logs(self, request: Request, peer: Peer) -> None:
        """Send the lines after a number, then each new one, until nobody listens."""
        self._service(request)
        log, number = self.service_logs[request["service"]], int(request["since"])
        while True:
            lines = log.after(number, patience=LISTENS_SECONDS)
            for number, at, process, text in lines:
                peer.answer(n=number, at=at, p=process, t=base64.b64encode(text).decode())
            if not lines:
                peer.answer()  # Finds out whether anybody still listens.

    def put(self, request: Request, peer: Peer) -> None:
        """Write a file from the bytes that follow."""
        files.put(peer, request["path"], request["size"], request["mode"])
        peer.answer(ok=True)

    def get(self, request: Request, peer: Peer) -> None:
        """Send a file's size and bytes."""
        content = files.get(request["path"], request["limit"])
        if content is None:
            peer.answer(missing=True)
            return
        peer.answer(size=len(content))
        peer.socket.sendall(content)

    def stats(self, request: Request, peer: Peer) -> None:
        """Measure everything in the sandbox."""
        page, pages, count = os.sysconf("SC_PAGE_SIZE"), 0, 0
        for statm in Path("/proc").glob("[0-9]*/statm"):
            with contextlib.suppress(OSError, ValueError, IndexError):
                fields = statm.read_text().split()
                pages += int(fields[1]) - int(fields[2])
                count += 1
        peer.answer(memory=pages * page, processes=count)

    def quit(self, request: Request, peer: Peer) -> None:
        """End; the kernel ends everything else."""
        os._exit(0)

    def _service(self, request: Request) -> Service:
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

    def _serve_for_ever(self, service: Service, request: Request) -> Server:
        try:
            child = self._spawn(
                service,
                request,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
        except OSError as error:
            raise Refused(f"{request['argv'][0]}: {why(error)}") from error
        log = self.service_logs[request["service"]]
        server = Server(request["process"], request["service"], log, child)
        try:
            threading.Thread(target=server.pump, daemon=True).start()
        except RuntimeError as error:
            child.end(signal.SIGKILL, GRACE_SECONDS)
            raise Refused(CROWDED) from error
        return server


def why(error: OSError) -> str:
    """Why a command could not be started, in a shell's words."""
    if isinstance(error, FileNotFoundError):
        return "command not found"
    if error.errno == errno.EAGAIN:
        return CROWDED
    return error.strerror or "it could not be started"
