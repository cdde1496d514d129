"""The first process of a sandbox: starts, watches and ends everything else in it.

It serves a unix socket that it inherits already listening (`--fd`), so that nothing inside the
sandbox can see or reach it by path. One connection carries one request: a line of JSON, with file
descriptors beside it where a verb takes them, and lines of JSON as the answer.

    configure {services: {name: {environment, oom, data_limit}}, fsize, nproc}
    exec      {service, argv} + stdin, stdout, stderr  ->  {exit}; hanging up ends the command
    start     {service, process, argv}                 ->  {ok}
    interrupt {process, timeout}                       ->  {exit}
    observe   {}                                       ->  {processes}
    logs      {service, since}                         ->  {n, at, p, t} a line, for ever
    put       {path, mode, size} and the bytes         ->  {ok}
    get       {path, limit}                            ->  {size} and the bytes
    stats     {}                                       ->  {memory, processes}
    quit      {}                                       ->  the sandbox ends
"""

import argparse
import base64
import contextlib
import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import time
from collections import deque
from pathlib import Path

HOME = Path("/w205")
HEADER_LIMIT = 1 << 20
LINE_LIMIT = 16 * 1024
LOG_LINES = 20_000
LOG_BYTES = 8 << 20
GRACE_SECONDS = 2.0
PR_SET_DUMPABLE = 4


class Refused(Exception):
    """A request that can't be done; its text goes back to the caller."""


class Log:
    """A service's newest lines, numbered from 1, bounded in number and bytes."""

    def __init__(self):
        self.lines = deque()
        self.bytes = 0
        self.last = 0
        self.grown = threading.Condition()

    def append(self, process, text):
        with self.grown:
            self.last += 1
            self.lines.append((self.last, time.time(), process, text))
            self.bytes += len(text)
            while len(self.lines) > LOG_LINES or self.bytes > LOG_BYTES:
                self.bytes -= len(self.lines.popleft()[3])
            self.grown.notify_all()

    def after(self, number, patience):
        """The lines after `number`; waits `patience` seconds for the first. May be empty."""
        with self.grown:
            if self.last <= number:
                self.grown.wait(patience)
            missing = self.last - number
            if missing <= 0:
                return []
            return list(self.lines)[-missing:]


class Server:
    """A process that outlives the request that started it; its lines go to a service's log."""

    def __init__(self, name, service, argv, environment, log):
        self.name, self.service = name, service
        self.started_at = time.time()
        self.log = log
        try:
            self.popen = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env=environment,
                cwd=HOME,
                start_new_session=True,
            )
        except OSError as error:
            raise Refused(f"{argv[0]}: {error.strerror}") from error
        threading.Thread(target=self.pump, daemon=True).start()

    def pump(self):
        """Cut what it writes into lines until it closes its output, then reap it."""
        rest = b""
        while chunk := os.read(self.popen.stdout.fileno(), 65536):
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                self.put(line)
            while len(rest) > LINE_LIMIT:
                self.put(rest[:LINE_LIMIT])
                rest = rest[LINE_LIMIT:]
        if rest:
            self.put(rest)
        self.popen.wait()

    def put(self, line):
        line = line.removesuffix(b"\r")
        for start in range(0, max(len(line), 1), LINE_LIMIT):
            self.log.append(self.name, line[start : start + LINE_LIMIT])

    def interrupt(self, timeout):
        end(self.popen, signal.SIGINT, timeout)
        return self.popen.wait()

    def describe(self):
        status = self.popen.poll()
        return {
            "name": self.name,
            "service": self.service,
            "running": status is None,
            "exit": status,
            "started": self.started_at,
        }


def end(popen, number, timeout):
    """Signal a process group, and kill it when that did not end its leader in time."""
    for what, patience in ((number, timeout), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(popen.pid, what)
        try:
            popen.wait(patience)
            break
        except subprocess.TimeoutExpired:
            continue
    # The leader is gone; whatever it left in its group goes too.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(popen.pid, signal.SIGKILL)


class Agent:
    """The verbs. Each runs in its connection's own thread."""

    def __init__(self):
        self.services = {}
        self.servers = {}
        self.logs = {}
        self.lock = threading.Lock()

    def configure(self, request, peer):
        size = request["fsize"]
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_NPROC, (request["nproc"], request["nproc"]))
        self.services = request["services"]
        self.logs = {name: self.logs.get(name) or Log() for name in self.services}
        peer.answer(ok=True)

    def service(self, request):
        try:
            return self.services[request["service"]]
        except KeyError:
            raise Refused(f"no service is called {request.get('service')!r}") from None

    def confine(self, popen, service):
        """Limit a process, and make the kernel pick it before this agent when memory is short."""
        with contextlib.suppress(OSError):
            Path(f"/proc/{popen.pid}/oom_score_adj").write_text(str(service["oom"]))
            if service["data_limit"]:
                limit = (service["data_limit"], service["data_limit"])
                resource.prlimit(popen.pid, resource.RLIMIT_DATA, limit)

    def exec(self, request, peer):
        service = self.service(request)
        stdin, stdout, stderr = peer.take_fds(3)
        try:
            popen = subprocess.Popen(
                request["argv"],
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                env=service["environment"],
                cwd=HOME,
                start_new_session=True,
            )
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            reason = "command not found" if missing else error.strerror
            with contextlib.suppress(OSError):
                os.write(stderr, f"{request['argv'][0]}: {reason}\n".encode())
            peer.answer(exit=127 if missing else 126)
            return
        finally:
            for fd in (stdin, stdout, stderr):
                os.close(fd)
        self.confine(popen, service)
        threading.Thread(target=self.end_on_hangup, args=(peer, popen), daemon=True).start()
        status = popen.wait()
        peer.answer(exit=status)

    def end_on_hangup(self, peer, popen):
        """The caller hanging up is how a command is cancelled."""
        with contextlib.suppress(OSError):
            peer.socket.recv(1)
        if popen.poll() is None:
            end(popen, signal.SIGTERM, GRACE_SECONDS)

    def start(self, request, peer):
        service, name = self.service(request), request["process"]
        with self.lock:
            running = self.servers.get(name)
            if running is None or running.popen.poll() is not None:
                log = self.logs[request["service"]]
                environment = service["environment"]
                server = Server(name, request["service"], request["argv"], environment, log)
                self.confine(server.popen, service)
                self.servers[name] = server
        peer.answer(ok=True)

    def interrupt(self, request, peer):
        server = self.servers.get(request["process"])
        peer.answer(exit=server.interrupt(request["timeout"]) if server else None)

    def observe(self, request, peer):
        peer.answer(processes=[server.describe() for server in list(self.servers.values())])

    def logs_(self, request, peer):
        self.service(request)
        log, number = self.logs[request["service"]], request["since"]
        while True:
            lines = log.after(number, patience=5.0)
            for n, at, process, text in lines:
                peer.answer(n=n, at=at, p=process, t=base64.b64encode(text).decode())
                number = n
            if not lines:
                peer.answer()  # Finds out whether anybody still listens.

    def put(self, request, peer):
        target = inside(request["path"])
        content = peer.take_bytes(request["size"])
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            part.write_bytes(content)
            part.chmod(request["mode"])
            part.replace(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise Refused(f"{request['path']}: {error.strerror}") from error
        peer.answer(ok=True)

    def get(self, request, peer):
        target = inside(request["path"])
        try:
            if not target.is_file():
                peer.answer(missing=True)
                return
            with target.open("rb") as file:
                content = file.read(request["limit"])
        except OSError as error:
            raise Refused(f"{request['path']}: {error.strerror}") from error
        peer.answer(size=len(content))
        peer.socket.sendall(content)

    def stats(self, request, peer):
        page, pages, count = os.sysconf("SC_PAGE_SIZE"), 0, 0
        for statm in Path("/proc").glob("[0-9]*/statm"):
            with contextlib.suppress(OSError, ValueError):
                fields = statm.read_text().split()
                pages += int(fields[1]) - int(fields[2])
                count += 1
        peer.answer(memory=pages * page, processes=count)

    def quit(self, request, peer):
        os._exit(0)

    def serve(self, connection):
        """Answer one request, whatever is wrong with it."""
        with connection:
            peer = Peer(connection)
            try:
                request = peer.request()
                verb = {"logs": "logs_"}.get(request["verb"], request["verb"])
                getattr(self, verb)(request, peer)
            except Refused as refused:
                peer.try_to_answer(error=str(refused))
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                peer.try_to_answer(error=f"{type(error).__name__}: {error}")
            finally:
                peer.close_fds()


def inside(path):
    """A path under the home folder. Links that lead out find nothing more than the caller may."""
    target = HOME / path
    if ".." in target.parts or not target.is_relative_to(HOME):
        raise Refused(f"{path}: not inside {HOME}")
    return target


class Peer:
    """One connection: its request, the descriptors beside it, and the answers."""

    def __init__(self, connection):
        self.socket = connection
        self.buffer = b""
        self.fds = []

    def request(self):
        while b"\n" not in self.buffer:
            data, fds, _, _ = socket.recv_fds(self.socket, 65536, 4)
            self.fds += fds
            if not data or len(self.buffer) > HEADER_LIMIT:
                raise ValueError("no request")
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return json.loads(line)

    def take_fds(self, count):
        if len(self.fds) != count:
            raise ValueError(f"{count} descriptors needed, {len(self.fds)} came")
        taken, self.fds = self.fds, []
        return taken

    def take_bytes(self, size):
        parts, missing = [self.buffer[:size]], size - len(self.buffer[:size])
        while missing > 0:
            data = self.socket.recv(min(missing, 1 << 16))
            if not data:
                raise ValueError("the caller hung up")
            parts.append(data)
            missing -= len(data)
        return b"".join(parts)

    def close_fds(self):
        for fd in self.fds:
            os.close(fd)

    def answer(self, **fields):
        self.socket.sendall(json.dumps(fields).encode() + b"\n")

    def try_to_answer(self, **fields):
        with contextlib.suppress(OSError):
            self.answer(**fields)


def main():
    """Serve until told to quit."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    listener = socket.socket(fileno=parser.parse_args().fd)
    # Nobody else in here may look into this process, its memory or its descriptors.
    ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    # Handlers, not SIG_IGN: what is ignored here would be ignored in every child too.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    agent = Agent()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=agent.serve, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
