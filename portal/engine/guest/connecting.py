"""Connect to a server, or say why not: `refused`, `unknown-host`, or `unreachable` and why."""

import socket

from .lines import emit


def connected(host: str, port: int, seconds: float) -> "socket.socket | None":
    """A connection; None where there is none, which has been said then."""
    try:
        return socket.create_connection((host, port), timeout=seconds)
    except ConnectionRefusedError:
        kind, reason = "refused", ""
    except socket.gaierror:
        kind, reason = "unknown-host", ""
    except OSError as error:
        kind, reason = "unreachable", str(error)
    emit(kind, reason=reason)
    return None
