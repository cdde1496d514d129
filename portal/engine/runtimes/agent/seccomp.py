"""A filter of system calls: few families of sockets, no new user namespaces, no odd corners.

It comes beside what namespaces and rights refuse. Network namespaces don't hold every family of
sockets: a port of AF_VSOCK is the host's. The rest needs no right of its own, or tells of the host,
and opens code that has had more holes than uses. libseccomp writes the filter; both runtimes load
the same.
"""

import errno
import functools
import os
import socket
from typing import Any

from portal.engine.errors import RuntimeUnavailable

CLONE_NEWUSER = 0x10000000
NETLINK_ROUTE = 0
FAMILIES = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)
"""All that there is: others are told that the kernel has no such family."""
REFUSED = (
    *("add_key", "request_key", "keyctl", "bpf", "userfaultfd", "perf_event_open", "syslog"),
    *("io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("mount", "umount2", "pivot_root", "chroot", "setns", "open_tree", "move_mount"),
    *("fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr"),
    *("open_by_handle_at", "fanotify_init", "quotactl", "acct", "kcmp"),
    *("init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load"),
    *("swapon", "swapoff", "reboot", "modify_ldt"),
)


def program(architecture: int | None = None) -> bytes:
    """The filter as the kernel reads it, for this processor's programs or another's.

    A processor's other kinds of programs (32 bits, x32) have no system calls at all.
    Raises RuntimeUnavailable where there is no libseccomp.
    """
    try:
        import pyseccomp as library
    except (ImportError, RuntimeError, OSError) as error:
        raise RuntimeUnavailable(
            f"This host can't filter system calls: {error}",
            advice="Install its library (apt-get install libseccomp2), then run 'make up' again.",
        ) from error
    rules = library.SyscallFilter(library.ALLOW)
    if architecture is not None and not rules.exist_arch(architecture):
        rules.add_arch(architecture)
        rules.remove_arch(library.Arch.NATIVE)
    rules.set_attr(library.Attr.ACT_BADARCH, library.ERRNO(errno.ENOSYS))
    _refuse(library, rules)
    _refuse_sockets(library, rules)
    fd = os.memfd_create("seccomp")
    with open(fd, "rb") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()


def _refuse(library: Any, rules: Any) -> None:
    """What is named, and clone and unshare where they ask for a user namespace."""
    for name in REFUSED:
        rules.add_rule(library.ERRNO(errno.EPERM), name)
    # Its flags lie in memory, where no filter can look: libraries then fall back to clone.
    rules.add_rule(library.ERRNO(errno.ENOSYS), "clone3")
    flags = library.Arg(0, library.MASKED_EQ, CLONE_NEWUSER, CLONE_NEWUSER)
    for name in ("clone", "unshare"):
        rules.add_rule(library.ERRNO(errno.EPERM), name, flags)


def _refuse_sockets(library: Any, rules: Any) -> None:
    """Every family that isn't one of ours, whatever number it has or will have."""
    no_family = library.ERRNO(errno.EAFNOSUPPORT)
    others = [each for each in range(max(FAMILIES)) if each not in FAMILIES]
    # All 64 bits are compared, of which the kernel looks at 32: the higher ones hide nothing.
    unlike = [library.Arg(0, library.EQ, each) for each in others]
    for name in ("socket", "socketpair"):
        for family in (*unlike, library.Arg(0, library.GT, max(FAMILIES))):
            rules.add_rule(no_family, name, family)
        netlink = library.Arg(0, library.EQ, socket.AF_NETLINK)
        other_kind = library.Arg(2, library.NE, NETLINK_ROUTE)
        rules.add_rule(library.ERRNO(errno.EPROTONOSUPPORT), name, netlink, other_kind)


@functools.cache
def native() -> bytes:
    """The filter for this host's own programs. Raises RuntimeUnavailable."""
    return program()


def open_filter() -> int:
    """A descriptor to read the filter from. Raises RuntimeUnavailable."""
    fd = os.memfd_create("seccomp")
    os.write(fd, native())
    os.lseek(fd, 0, os.SEEK_SET)
    return fd
