"""The first process of a container: takes the agent's listener from the portal, and becomes it.

Lies in the images as /opt/sluice/first.py; imports nothing that a Python without packages lacks.
"""

import ctypes
import os
import runpy
import socket
import sys
import time

BOOT = "/run/sluice/boot.sock"
OWN = "/run/sluice-own/agent.sock"
BACKLOG = 1024
PATIENCE_SECONDS = 60.0
PAUSE_SECONDS = 0.05
PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
INSTRUCTION = 8


class Program(ctypes.Structure):
    """The kernel's struct sock_fprog."""

    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def call(portal: socket.socket) -> None:
    """Reach who hands the listener over: a pod's gate may begin later than its other containers."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            portal.connect(BOOT)
            return
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)


def receive() -> tuple[int, bytes]:
    """The descriptor of the agent's socket, already listening, and a filter of system calls.

    A kernel of the container's own takes no listening socket from another: the portal then hands
    over none, and waits until one is made where it can see it.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as portal:
        call(portal)
        rules, fds, _, _ = socket.recv_fds(portal, 1, 1)
        while data := portal.recv(4096):
            rules += data
        if fds:
            return fds[0], rules[1:]
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(OWN)
        listener.listen(BACKLOG)
        portal.sendall(b"x")
    return listener.detach(), rules[1:]


def confine(rules: bytes) -> None:
    """Refuse for good, to this process and all that it starts, what the filter refuses.

    The engine's own filter stays in force beside it.
    """
    program = Program(len(rules) // INSTRUCTION, rules)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0):
        raise OSError(ctypes.get_errno(), "the filter of system calls was refused")


def main() -> None:
    """Be the agent, in this very process: number 1 is safe from all that runs beside it."""
    listener, rules = receive()
    confine(rules)
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.argv = ["guest.agent", "--fd", str(listener)]
    runpy.run_module("guest.agent", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
