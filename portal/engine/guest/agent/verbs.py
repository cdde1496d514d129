"""What the agent does when it is asked to. Each request runs in a thread of its own."""

import base64
import contextlib
import os
import resource
import signal
import subprocess
import threading
from collections.abc import Callable

from . import door, files, limits
from .children import GRACE_SECONDS
from .log import Log, Server
from .measured import measured
from .peer import CROWDED, NotTold, Peer, Refused, Request, why
from .shells import Service, Shells

LISTENS_SECONDS = 2.0

Verbs = dict[str, Callable[[Request, Peer], None]]


class Agent(Shells):
    """The verbs, and what they share: services, servers, logs."""

    def __init__(self) -> None:
        super().__init__()
        self.servers: dict[str, Server] = {}
        self.service_logs: dict[str, Log] = {}
        self.quick: Verbs = {
            "interrupt": self.interrupt,
            "halt": self.halt,
            "observe": self.observe,
            "stats": self.stats,
            "quit": self.quit,
        }
        self.verbs = self.quick | {
            "configure": self.configure,
            "exec": self.exec,
            "start": self.start,
            "resume": self.resume,
            "terminal": self.terminal,
            "logs": self.logs,
            "put": self.put,
            "get": self.get,
        }
        self.inside: Verbs = {"observe": self.observe, "logs": self.logs, "run": self.run}

    def serve(self, peer: Peer, *, is_crowded: bool = False) -> None:
        """Answer one request, whatever is wrong with it. Crowded: only what needs no thread."""
        self._answer(peer, self.quick if is_crowded else self.verbs, is_crowded=is_crowded)

    def serve_inside(self, peer: Peer) -> None:
        """Answer one who is in the cluster."""
        self._answer(peer, self.inside)

    def _answer(self, peer: Peer, verbs: Verbs, *, is_crowded: bool = False) -> None:
        try:
            request = peer.request()
            if not is_crowded:
                peer.socket.settimeout(None)
            verb = verbs.get(request["verb"])
            if verb is None:
                raise Refused(CROWDED if is_crowded else f"no verb {request['verb']!r}")
            verb(request, peer)
        except NotTold:
            pass  # Nobody's cluster yet: it hangs up, as one does that is gone.
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
        if request.get("merges", False):
            limits.merge()
            self.children.merges = True
        self.services = request["services"]
        self.others = request.get("others", [])
        self.service_logs = {name: Log() for name in self.services}
        if most := max(service["data_limit"] for service in self.services.values()):
            # A hard bound before anything starts; `_confine` lowers it for each service.
            resource.setrlimit(resource.RLIMIT_DATA, (most, most))
        self._note_services()
        door.listen(self.serve_inside, request.get("door", door.ANYWHERE))
        peer.answer(ok=True)

    def exec(self, request: Request, peer: Peer) -> None:
        """Run a command on the caller's pipes. The caller hanging up ends it."""
        service = self._service(request)
        stdin, stdout, stderr = peer.take_fds(3)
        kills = limits.kills()
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
        watches = request.get("watches_memory", False)
        child.tell(
            lambda status: peer.try_to_answer(
                exit=status, **(limits.told(kills, status) if watches else {})
            )
        )
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
            server.child.thaw()  # A frozen one would hear of it only when it is killed.
            server.child.end(signal.SIGINT, request["timeout"])
        peer.answer(exit=server.child.status if server else None)

    def halt(self, request: Request, peer: Peer) -> None:
        """Put a server out of work, on purpose."""
        server = self._server(request)
        server.is_held = True  # First: whoever looks meanwhile must not take it for a crash.
        if server.child.status is None:
            if request["how"] == "pause":
                server.child.freeze()
            else:
                server.child.thaw()
                kills = request["how"] == "kill"
                number = signal.SIGKILL if kills else signal.SIGTERM
                server.child.end(number, request["timeout"])
        peer.answer(ok=True)

    def resume(self, request: Request, peer: Peer) -> None:
        """Have a server work again, as it was started."""
        with self.lock:
            server = self._server(request)
            if server.child.status is None:
                server.child.thaw()
                server.is_held = False
            else:
                again = {"process": server.name, "service": server.service, "argv": server.argv}
                service = self.services[server.service]
                made = self._serve_for_ever(service, again)
                made.is_again = True
                self.servers[server.name] = made
        peer.answer(ok=True)

    def observe(self, request: Request, peer: Peer) -> None:
        """Tell of every server."""
        peer.answer(processes=[server.describe() for server in list(self.servers.values())])

    def logs(self, request: Request, peer: Peer) -> None:
        """Send the lines after a number; to one who waits each new one, until nobody listens."""
        self._service(request)
        log, number = self.service_logs[request["service"]], int(request["since"])
        waits = request.get("waits", True)
        while True:
            lines = log.after(number, patience=LISTENS_SECONDS if waits else 0)
            for number, at, process, text in lines:
                peer.answer(n=number, at=at, p=process, t=base64.b64encode(text).decode())
            if not lines and not waits:
                return
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
        peer.answer(**measured())

    def quit(self, request: Request, peer: Peer) -> None:
        """End; the kernel ends everything else."""
        os._exit(0)

    def _server(self, request: Request) -> Server:
        try:
            return self.servers[request["process"]]
        except KeyError:
            raise Refused(f"no process is called {request.get('process')!r}") from None

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
        server = Server(request["process"], request["service"], request["argv"], log, child)
        try:
            threading.Thread(target=server.pump, daemon=True).start()
        except RuntimeError as error:
            child.end(signal.SIGKILL, GRACE_SECONDS)
            raise Refused(CROWDED) from error
        return server
