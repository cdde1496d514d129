"""A filter of system calls: no new user namespaces, and none of the kernel's odder corners.

What is refused needs no right of its own and opens code that has had more holes than uses.
"""

import errno
import os
import platform
import struct
from collections.abc import Iterator
from dataclasses import dataclass

CLONE_NEWUSER = 0x10000000
X32_BIT = 0x40000000
ALLOW = 0x7FFF0000
ERRNO = 0x00050000
LOAD, IF_EQUAL, IF_AT_LEAST, IF_BITS, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER_AT, ARCHITECTURE_AT, FIRST_ARGUMENT_AT = 0, 4, 16
CLONE3 = 435
IO_URING = (425, 426, 427)

Instruction = tuple[int, int, int, int]
"""Code, how many to skip if true, if false, and the value."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The numbers of system calls on one kind of processor."""

    audit: int
    clone: int
    unshare: int
    refused: tuple[int, ...]
    """add_key, request_key, keyctl, bpf, userfaultfd, perf_event_open."""
    has_x32: bool = False


MACHINES = {
    "x86_64": Machine(0xC000003E, 56, 272, (248, 249, 250, 321, 323, 298), has_x32=True),
    "aarch64": Machine(0xC00000B7, 220, 97, (217, 218, 219, 280, 282, 241)),
}


def program(machine: Machine) -> bytes:
    """The filter, as the kernel reads it."""
    return b"".join(struct.pack("=HBBI", *each) for each in instructions(machine))


def instructions(machine: Machine) -> Iterator[Instruction]:
    """Refuse what is named, and clone and unshare where they ask for a user namespace."""
    yield (LOAD, 0, 0, ARCHITECTURE_AT)
    yield (IF_EQUAL, 1, 0, machine.audit)
    yield (RETURN, 0, 0, ERRNO | errno.ENOSYS)
    yield (LOAD, 0, 0, NUMBER_AT)
    if machine.has_x32:
        yield (IF_AT_LEAST, 0, 1, X32_BIT)
        yield (RETURN, 0, 0, ERRNO | errno.ENOSYS)
    # Its flags lie in memory, where no filter can look: libraries then fall back to clone.
    yield (IF_EQUAL, 0, 1, CLONE3)
    yield (RETURN, 0, 0, ERRNO | errno.ENOSYS)
    for number in (*machine.refused, *IO_URING):
        yield (IF_EQUAL, 0, 1, number)
        yield (RETURN, 0, 0, ERRNO | errno.EPERM)
    yield (IF_EQUAL, 2, 0, machine.clone)
    yield (IF_EQUAL, 1, 0, machine.unshare)
    yield (RETURN, 0, 0, ALLOW)
    yield (LOAD, 0, 0, FIRST_ARGUMENT_AT)
    yield (IF_BITS, 0, 1, CLONE_NEWUSER)
    yield (RETURN, 0, 0, ERRNO | errno.EPERM)
    yield (RETURN, 0, 0, ALLOW)


def open_filter() -> int | None:
    """A descriptor to read the filter from; None on a processor whose numbers we don't know."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return None
    fd = os.memfd_create("seccomp")
    os.write(fd, program(machine))
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
