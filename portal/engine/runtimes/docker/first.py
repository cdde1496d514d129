"""The first process of a container: takes the agent's listener from the portal, and becomes it.

Lies in the images as /opt/sluice/first.py; imports nothing that a Python without packages lacks.
"""

import os
import runpy
import socket
import sys

BOOT = "/run/sluice/boot.sock"


def listener() -> int:
    """The descriptor of the agent's socket, already listening."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as portal:
        portal.connect(BOOT)
        _, fds, _, _ = socket.recv_fds(portal, 1, 1)
    return fds[0]


def main() -> None:
    """Be the agent, in this very process: number 1 is safe from all that runs beside it."""
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    sys.argv = ["guest.agent", "--fd", str(listener())]
    runpy.run_module("guest.agent", run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
