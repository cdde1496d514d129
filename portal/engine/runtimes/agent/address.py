"""Where an agent takes calls: a unix socket of this host, or something that leads to one."""

import os
import socket
import time
from abc import ABC, abstractmethod
from pathlib import Path

from portal.engine.errors import CapacityExceeded
from portal.engine.runtimes.agent.folder import is_asleep


class Address(ABC):
    """Leads to one agent."""

    @abstractmethod
    def connect(self, patience: float) -> socket.socket:
        """A unix socket that leads to the agent, descriptors included.

        Raises OSError when nobody takes the call within `patience` seconds, CapacityExceeded when
        this process can make none.
        """

    @property
    @abstractmethod
    def is_asleep(self) -> bool:
        """Whether its cluster stands still: then nobody there can answer."""


class SocketFile(Address):
    """A socket in the folder of its session on this host."""

    def __init__(self, path: Path):
        self.path = path

    @property
    def is_asleep(self) -> bool:
        return is_asleep(self.path.parent)

    def connect(self, patience: float) -> socket.socket:
        try:
            made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        except OSError as error:
            raise CapacityExceeded("The portal has too many files open.") from error
        try:
            self._call(made, time.monotonic() + patience)
        except OSError:
            made.close()
            raise
        return made

    def _call(self, made: socket.socket, deadline: float) -> None:
        # By way of its folder: a socket's own path can't be longer than 107 bytes.
        folder = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            made.setblocking(False)
            while True:
                try:
                    made.connect(f"/proc/self/fd/{folder}/{self.path.name}")
                    return
                except BlockingIOError:
                    # The agent has more callers in line than it can take.
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
        finally:
            os.close(folder)


Where = Path | Address
"""A path is that of a socket."""


def address(where: Where) -> Address:
    """What leads there."""
    return SocketFile(where) if isinstance(where, Path) else where
