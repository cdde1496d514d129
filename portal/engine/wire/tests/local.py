"""A runtime without a cluster, and servers that nobody would want to meet."""

import contextlib
import os
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import portal.engine
from portal.engine.errors import CommandCancelled
from portal.engine.runtimes.base import Cancelled, Execution, Output, Runtime, never

Serve = Callable[[socket.socket], Any]


class LocalExecution(Execution):
    """A program of this machine."""

    def __init__(self, argv: tuple[str, ...], stdin: bytes, cancelled: Cancelled):
        self.cancelled = cancelled
        self.process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": str(Path(portal.engine.__file__).parent)},
        )
        assert self.process.stdin is not None
        self.process.stdin.write(stdin)
        self.process.stdin.close()

    def __iter__(self) -> Iterator[Output]:
        assert self.process.stdout is not None
        pipe = self.process.stdout.fileno()
        os.set_blocking(pipe, False)
        while True:
            if self.cancelled():
                raise CommandCancelled()
            try:
                data = os.read(pipe, 65536)
            except BlockingIOError:
                time.sleep(0.01)
                continue
            if not data:
                break
            yield Output("stdout", data)
        self.exit_status = self.process.wait()

    def close(self) -> None:
        """End it."""
        self.process.kill()
        self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()


class LocalRuntime:
    """Runs the guest's programs here."""

    def exec(
        self,
        session: str,
        service: str,
        argv: tuple[str, ...],
        *,
        stdin: bytes = b"",
        timeout: float = 60.0,
        cancelled: Cancelled = never,
    ) -> Execution:
        """Start it."""
        return LocalExecution(argv, stdin, cancelled)


LOCAL = cast(Runtime, LocalRuntime())


@contextlib.contextmanager
def serving(serve: Serve) -> Iterator[int]:
    """A server that does this with its first connection; its port."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                serve(connection)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)
