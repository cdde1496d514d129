"""One table of attacks, which every runtime answers alike: what a student's code is refused."""

import platform
from collections.abc import Iterator

import pyseccomp
import pytest
from django.conf import settings

from portal.engine.runtimes.base import State
from tests.contract.cluster import Cluster, new_session
from tests.contract.drivers import DRIVERS
from tests.docker.engine import FIRST_TIME_SECONDS

pytestmark = pytest.mark.timeout(FIRST_TIME_SECONDS)

TRY = """
import ctypes, errno, os, socket, sys
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    done = libc.syscall(ctypes.c_long(number), *map(ctypes.c_ulong, arguments))
    if done < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return done
try:
    exec(sys.argv[1])
except OSError as error:
    print(errno.errorcode[error.errno])
else:
    print("done")
"""
NEW_USER, NEW_NET, NEW_MOUNTS, SEIZE = 0x10000000, 0x40000000, 0x20000, 0x4206
REFUSED = {"EPERM"}
NO_FAMILY, NO_PROTOCOL = {"EAFNOSUPPORT"}, {"EPROTONOSUPPORT"}
NOT_THERE = {"ENOENT", "EACCES", "EPERM", "EROFS"}
FAMILIES = {
    "AF_UNSPEC": 0,
    "AF_AX25": 3,
    "AF_APPLETALK": 5,
    "AF_X25": 9,
    "AF_KEY": 15,
    "AF_PACKET": 17,
    "AF_RDS": 21,
    "AF_PPPOX": 24,
    "AF_CAN": 29,
    "AF_TIPC": 30,
    "AF_BLUETOOTH": 31,
    "AF_ALG": 38,
    "AF_NFC": 39,
    "AF_VSOCK": 40,
    "AF_SMC": 43,
    "AF_XDP": 44,
    "one to come": 60,
}


def system_call(name: str, *arguments: int) -> str:
    """Code that makes it, on the processor that this is."""
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
    return f"call{(number, *arguments)}"


SOCKETS = {
    **{name: (f"socket.socket({number}, 1)", NO_FAMILY) for name, number in FAMILIES.items()},
    "a datagram of AF_VSOCK": ("socket.socket(40, 2)", NO_FAMILY),
    "a pair of AF_TIPC": (system_call("socketpair", 30, 5, 0, 0), NO_FAMILY),
    "AF_VSOCK behind high bits": (system_call("socket", 40 | 1 << 32, 1, 0), NO_FAMILY),
    "a port of AF_VSOCK": ("socket.socket(40, 1).bind((-1, 9999))", NO_FAMILY),
    "the kernel's events by netlink": ("socket.socket(16, 3, 15)", NO_PROTOCOL),
    "the host's sockets by netlink": ("socket.socket(16, 3, 4)", NO_PROTOCOL),
    "the firewall by netlink": ("socket.socket(16, 3, 12)", NO_PROTOCOL),
    "raw packets": ("socket.socket(2, 3, 1)", REFUSED),
}
CALLS = {
    "mount": (system_call("mount", 0, 0, 0, 0, 0), REFUSED),
    "a mount by its newer calls": (system_call("fsopen", 0, 0), REFUSED),
    "an unmount": (system_call("umount2", 0, 0), REFUSED),
    "another root": (system_call("pivot_root", 0, 0), REFUSED),
    "a user namespace": (system_call("unshare", NEW_USER), REFUSED),
    "a network namespace": (system_call("unshare", NEW_NET), REFUSED),
    "a mount namespace": (system_call("unshare", NEW_MOUNTS), REFUSED),
    "a user namespace by clone": (system_call("clone", NEW_USER | 17, 0, 0, 0, 0), REFUSED),
    "a user namespace by clone3": (system_call("clone3", 0, 0), {"ENOSYS"}),
    "another's namespace": (system_call("setns", 0, 0), REFUSED),
    "tracing the first process": (system_call("ptrace", SEIZE, 1, 0, 0), REFUSED),
    "keys of the kernel": (system_call("keyctl", 0, 0), REFUSED),
    "a key of one's own": (system_call("add_key", 0, 0, 0, 0, 0), REFUSED),
    "programs in the kernel": (system_call("bpf", 0, 0, 0), REFUSED),
    "io_uring": (system_call("io_uring_setup", 1, 0), REFUSED),
    "page faults": (system_call("userfaultfd", 0), REFUSED),
    "counters of the processor": (system_call("perf_event_open", 0, 0, 0, 0, 0), REFUSED),
    "files by their handles": (system_call("open_by_handle_at", 0, 0, 0), REFUSED),
    "the kernel's log": (system_call("syslog", 3, 0, 0), REFUSED),
    "a module": (system_call("init_module", 0, 0, 0), REFUSED),
    "the host's name": ("socket.sethostname('mine')", REFUSED),
    "the host's clock": ("import time; time.clock_settime(0, 0)", REFUSED),
    "a device": ("os.mknod('/tmp/mem', 0o20666, os.makedev(1, 1))", REFUSED),
    "root": ("os.setuid(0)", REFUSED),
}
FILES = {
    "a file in /dev": ("open('/dev/x', 'w')", NOT_THERE),
    "a folder in /dev": ("os.mkdir('/dev/x')", NOT_THERE),
    "another /dev/null": ("os.unlink('/dev/null')", NOT_THERE | {"EBUSY"}),
    "the host's memory": ("open('/dev/mem', 'rb')", NOT_THERE),
    "the kernel's settings": ("open('/proc/sys/kernel/core_pattern', 'w')", NOT_THERE),
    "the network's settings": ("open('/proc/sys/net/ipv4/ip_forward', 'w')", NOT_THERE),
    "the kernel's triggers": ("open('/proc/sysrq-trigger', 'w')", NOT_THERE),
    "the kernel's memory": ("open('/proc/kcore', 'rb').read(1)", NOT_THERE),
    "the kernel's messages": ("open('/proc/kmsg', 'rb')", NOT_THERE),
    "the first process's memory": ("open('/proc/1/mem', 'rb')", NOT_THERE),
    "its environment": ("open('/proc/1/environ', 'rb')", NOT_THERE),
    "passwords": ("open('/etc/shadow')", NOT_THERE),
    "the portal": (f"open({str(settings.BASE_DIR / 'manage.py')!r})", NOT_THERE),
    "the portal by the first process": (
        f"open({'/proc/1/root' + str(settings.BASE_DIR / 'manage.py')!r})",
        NOT_THERE,
    ),
    "the engine": ("socket.socket(1).connect('/var/run/docker.sock')", NOT_THERE),
    "a control group": ("os.mkdir('/sys/fs/cgroup/x')", NOT_THERE),
}
ATTACKS = SOCKETS | CALLS | FILES
HONEST = {
    "TCP": "socket.create_server(('127.0.0.1', 0))",
    "TCP of version 6": "socket.socket(10, 1)",
    "UDP": "socket.socket(2, 2)",
    "a unix socket": "socket.socket(1, 1)",
    "a pair": "socket.socketpair()",
    "routes by netlink": "socket.socket(16, 3, 0)",
    "names": "socket.getaddrinfo('localhost', 80)",
    "an event loop": "import asyncio; asyncio.run(asyncio.sleep(0))",
    "processes": "import subprocess; subprocess.run(['true'], check=True)",
    "threads": "import threading; t = threading.Thread(target=int); t.start(); t.join()",
    "shared memory": "import multiprocessing.shared_memory as m; s = m.SharedMemory(create=True, "
    "size=4096); s.close(); s.unlink()",
    "devices": "open('/dev/null', 'w').write('x'); open('/dev/urandom', 'rb').read(1)",
    "a terminal": "os.openpty()",
}


@pytest.fixture(
    scope="module",
    params=[pytest.param(name, marks=getattr(pytest.mark, name)) for name in DRIVERS],
)
def attacked(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """One cluster for the whole table: nothing in it should leave a trace."""
    if request.param == "docker":
        request.getfixturevalue("docker_engine")
    runtime = DRIVERS[request.param].make(tmp_path_factory.mktemp("attacked") / "sessions")
    cluster = Cluster(runtime, new_session())
    try:
        cluster.up()
        yield cluster
    finally:
        runtime.down(cluster.session)


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_is_refused_by_every_runtime(attacked: Cluster, name: str) -> None:
    code, expected = ATTACKS[name]
    done = attacked.python(TRY, code)
    assert done.stdout.decode().strip() in expected, done.stderr


@pytest.mark.parametrize("name", HONEST)
def test_what_honest_programs_need_works_on_every_runtime(attacked: Cluster, name: str) -> None:
    done = attacked.python(TRY, HONEST[name])
    assert done.stdout == b"done\n", done.stderr


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are calls of x86")
def test_programs_of_32_bits_have_no_system_calls(attacked: Cluster) -> None:
    code = (
        "import ctypes, mmap\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        # getpid as such a program asks for it: mov eax, 20; int 0x80; ret
        "page.write(bytes.fromhex('b814000000cd80c3'))\n"
        "at = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "print(ctypes.CFUNCTYPE(ctypes.c_int)(at)())\n"
    )
    assert attacked.python(code).stdout == b"-38\n"
    assert attacked.python(TRY, f"call({0x40000000 | 39})").stdout == b"ENOSYS\n"


def test_shared_memory_holds_no_hundred_megabytes(attacked: Cluster) -> None:
    fill = "for n in 1 2 3 4 5 6 7 8 9 10; do head -c 10000000 /dev/zero > /dev/shm/$n; done"
    done = attacked.run("sh", "-c", f"{fill}; rm -f /dev/shm/*")
    assert b"No space left" in done.stderr
    assert attacked.runtime.observe(attacked.session).state is State.UP


def test_the_kernel_says_that_the_filter_is_in_force(attacked: Cluster) -> None:
    status = attacked.run("cat", "/proc/self/status").stdout
    assert b"\nSeccomp:\t2\n" in status
    assert b"\nNoNewPrivs:\t1\n" in status
