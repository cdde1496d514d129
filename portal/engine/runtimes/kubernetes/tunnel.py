"""The way to an agent in a pod: by the pod's gate, over a TLS connection for each call."""

import contextlib
import socket
import ssl
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from portal.engine.errors import CapacityExceeded
from portal.engine.guest.gate.carrier import Carrier
from portal.engine.guest.gate.serving import WELCOME
from portal.engine.runtimes.agent.address import Address

CONNECT_SECONDS = 5.0


@lru_cache(maxsize=512)
def secured(runner: Path, gate: Path, lease: str) -> ssl.SSLContext:
    """TLS by a session's keys: files of the runner's own, and of the gate's certificate.

    The lease tells one launch's files from those of another at the same place. Raises OSError.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    # It is known by its key: an address is nobody's name.
    context.check_hostname = False
    context.load_verify_locations(gate)
    context.load_cert_chain(runner)
    return context


@dataclass(frozen=True, slots=True)
class Tunnel(Address):
    """Leads to the agent of one service."""

    host: str
    port: int
    service: str
    keys: tuple[Path, Path]
    """The runner's key with its certificate, and the gate's certificate."""
    lease: str

    @property
    def is_asleep(self) -> bool:
        return False

    def connect(self, patience: float) -> socket.socket:
        wire = self._call(min(patience, CONNECT_SECONDS))
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            wire.close()
            raise CapacityExceeded("The portal has too many files open.") from error
        call = Carrier(wire, theirs, makes_pipes=False)
        try:
            threading.Thread(target=call.carry, name="carrier", daemon=True).start()
        except RuntimeError as error:
            ours.close()
            call.close()
            raise CapacityExceeded("The portal can't start any more threads.") from error
        return ours

    def _call(self, patience: float) -> ssl.SSLSocket:
        """A connection whose gate has reached the agent. Raises OSError."""
        context = secured(*self.keys, self.lease)
        with contextlib.ExitStack() as stack:
            bare = stack.enter_context(socket.create_connection((self.host, self.port), patience))
            bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            wire = stack.enter_context(context.wrap_socket(bare))
            wire.sendall(self.service.encode() + b"\n")
            if wire.recv(len(WELCOME)) != WELCOME:
                raise ConnectionRefusedError(f"the gate leads to no agent of {self.service}")
            stack.pop_all()
            return wire
