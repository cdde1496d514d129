"""What a student's code can't do in a sandbox. Each test tries it."""

import os
import platform
import socket
import threading
from pathlib import Path

import pytest

from portal.engine.errors import CommandTimedOut, StepFailed
from portal.engine.runtimes.base import State
from tests.contract.cluster import Cluster, eventually
from tests.contract.drivers import DRIVERS, Driver

pytestmark = pytest.mark.sandbox

SYSCALL = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
result = libc.syscall(*map(int, sys.argv[1:]))
if result == 0 and sys.argv[1] in ("56", "220"):
    os._exit(0)
print(result, os.strerror(ctypes.get_errno()))
"""
NUMBERS = {"x86_64": (56, 250), "aarch64": (220, 219)}.get(platform.machine())
BOMB = """
import os, time
made = 0
try:
    while True:
        if os.fork() == 0:
            os.setsid()
            time.sleep(60)
            os._exit(0)
        made += 1
except OSError as error:
    print(made, error.strerror)
"""
ENDLESS_BOMB = """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
"""


@pytest.fixture
def driver() -> Driver:
    """Only the sandbox: others confine by means of their own."""
    return DRIVERS["sandbox"]


def is_driven(cluster: Cluster) -> bool:
    """Whether its agent still does what it is asked to."""
    return cluster.run("echo", "here").stdout == b"here\n"


# -- what is on the host


def test_it_sees_nothing_of_the_host_but_the_system(cluster):
    expected = {"bin", "data", "dev", "etc", "lib", "lib64", "opt", "proc", "sbin", "tmp", "usr"}
    seen = set(cluster.run("ls", "-A", "/").stdout.decode().split())
    assert seen - {"lib32", "libx32", "w205"} <= expected
    assert cluster.run("ls", "-A", "/opt").stdout.split() == [b"sluice", b"venv"]


def test_it_sees_neither_the_portals_files_nor_other_sessions(cluster, tmp_path):
    from django.conf import settings

    hidden = [
        Path(settings.BASE_DIR) / "manage.py",
        Path(settings.VAR_DIR) / "secret_key",
        Path(settings.VAR_DIR) / "sluice.sqlite3",
        Path(settings.RUN_DIR) / "redis.sock",
        tmp_path / "sessions",
        Path.home(),
        Path("/etc/shadow"),
        Path("/root"),
        Path("/home"),
        Path("/sys"),
        Path("/var"),
        Path("/run"),
    ]
    for path in hidden:
        for root in ("", "/proc/self/root", "/proc/1/root", "/proc/1/cwd/.."):
            done = cluster.run("ls", "-d", f"{root}{path}")
            assert done.status != 0, path


def test_a_sessions_folder_on_the_host_is_its_owners_alone(cluster):
    folder = cluster.runtime.folder / cluster.session
    assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "path",
    ["/usr/x", "/etc/hosts", "/opt/venv/x", "/opt/sluice/guest/x", "/x", "/dev/x", "/proc/sys/x"],
)
def test_it_can_not_change_the_system(cluster, path):
    assert cluster.run("sh", "-c", f"echo x >> {path}").status != 0


def test_it_has_no_disk_device(cluster):
    listing = cluster.run("sh", "-c", "find /dev -type b").stdout
    assert listing == b""


def test_it_gets_nothing_of_the_portals_environment(absent, monkeypatch):
    monkeypatch.setenv("SLUICE_CANARY", "singing")
    absent.up()
    done = absent.run("sh", "-c", "env; cat /proc/[0-9]*/environ; true")
    assert b"singing" not in done.stdout


def test_it_inherits_no_descriptor(cluster):
    code = "import os; print(*os.listdir('/proc/self/fd'))"
    assert set(cluster.python(code).stdout.split()) == {b"0", b"1", b"2", b"3"}


# -- network


def test_it_has_no_network_but_its_own_loopback(cluster):
    names = cluster.python("import socket; print(*[n for _, n in socket.if_nameindex()])").stdout
    assert set(names.split()) <= {b"lo", b"tunl0", b"sit0", b"ip6tnl0"}
    code = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    assert b"Network is unreachable" in cluster.python(code).stderr


def test_it_can_not_reach_the_hosts_loopback(cluster):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5)"
        assert b"Connection refused" in cluster.python(code).stderr


def test_it_can_not_reach_the_hosts_abstract_sockets(cluster):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0{cluster.session}")
        server.listen()
        code = f"import socket; socket.socket(1).connect('\\0{cluster.session}')"
        assert b"Connection refused" in cluster.python(code).stderr


# -- rights


def test_it_has_no_capability_and_can_gain_none(cluster):
    status = cluster.run("cat", "/proc/self/status").stdout.decode()
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(fields[name], 16) == 0, name
    assert fields["NoNewPrivs"] == "1"
    assert "0" not in fields["Uid"].split()


def test_setuid_programs_give_nothing(cluster):
    assert cluster.python("import os; os.setuid(0)").status != 0
    for line in cluster.run("cat", "/proc/mounts").stdout.decode().splitlines():
        _, folder, kind, options, *_ = line.split()
        assert "nosuid" in options.split(","), folder
        assert "ro" in options.split(",") or kind in ("tmpfs", "proc", "devpts", "devtmpfs"), folder


def test_it_can_not_mount_or_make_namespaces(cluster):
    for argv in (
        ("unshare", "--user", "true"),
        ("unshare", "--map-root-user", "--net", "true"),
        ("unshare", "--mount", "true"),
        ("mount", "-t", "tmpfs", "none", "/tmp"),
        ("chroot", "/tmp"),
    ):
        assert cluster.run(*argv).status != 0, argv


@pytest.mark.skipif(NUMBERS is None, reason="no filter for this processor")
def test_it_can_not_clone_into_a_user_namespace(cluster):
    assert NUMBERS
    clone, _ = NUMBERS
    done = cluster.python(SYSCALL, str(clone), str(0x10000000 | 17), "0", "0", "0", "0")
    assert done.stdout == b"-1 Operation not permitted\n"


@pytest.mark.skipif(NUMBERS is None, reason="no filter for this processor")
def test_the_kernels_odder_corners_are_closed(cluster):
    assert NUMBERS
    _, keyctl = NUMBERS
    for number in (keyctl, 425):
        done = cluster.python(SYSCALL, str(number), "0", "0", "0", "0", "0")
        assert done.stdout == b"-1 Operation not permitted\n", number


# -- processes


def test_it_sees_no_process_of_the_host(cluster):
    code = "import os; print(*[n for n in os.listdir('/proc') if n.isdigit()])"
    assert len(cluster.python(code).stdout.split()) == 2
    assert cluster.python(f"import os; os.kill({os.getpid() + 1_000_000}, 0)").status != 0


@pytest.mark.parametrize("path", ["fd", "mem", "environ", "maps", "cwd/", "root/etc", "task/1/mem"])
def test_it_can_not_look_into_the_agent(cluster, path):
    code = (
        "import os, sys\n"
        "path = '/proc/1/' + sys.argv[1]\n"
        "(os.listdir if os.path.isdir(path) or path.endswith('fd') else open)(path)\n"
    )
    done = cluster.python(code, path)
    assert done.status != 0
    assert b"Permission" in done.stderr or b"No such file" in done.stderr


def test_it_can_not_trace_the_agent(cluster):
    code = (
        "import ctypes, os\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.ptrace(16, 1, 0, 0), os.strerror(ctypes.get_errno()))\n"
    )
    assert cluster.python(code).stdout == b"-1 Operation not permitted\n"
    assert is_driven(cluster)


@pytest.mark.parametrize("name", ["TERM", "INT", "HUP", "QUIT", "STOP", "KILL", "SEGV", "ABRT"])
def test_it_can_not_end_or_stop_the_agent(cluster, name):
    cluster.run("sh", "-c", f"kill -{name} 1; kill -{name} -- -1; true")
    assert is_driven(cluster)
    assert cluster.runtime.observe(cluster.session).state is State.UP


def test_a_students_control_c_handling_is_untouched_by_the_agents(cluster):
    code = "import signal; print(signal.getsignal(2), signal.getsignal(15))"
    assert b"default_int_handler" in cluster.python(code).stdout
    assert cluster.run("sh", "-c", "kill -TERM $$").status == -15


# -- limits


def test_a_fork_bomb_is_stopped_and_the_cluster_can_still_be_driven(cluster):
    done = cluster.python(BOMB)
    made = int(done.stdout.split()[0])
    assert 20 < made < 96
    assert b"temporarily unavailable" in done.stdout
    assert cluster.runtime.observe(cluster.session).state is State.UP
    assert cluster.runtime.stats(cluster.session).processes > made
    cluster.runtime.down(cluster.session)
    assert cluster.runtime.list_all() == []


def test_a_command_among_too_many_is_refused_in_words(cluster):
    cluster.start("web", "python", "-c", ENDLESS_BOMB)

    def refusal() -> bytes:
        try:
            return bytes(cluster.run("true").stderr)
        except StepFailed as error:
            return str(error).encode()

    eventually(lambda: b"limit of processes" in refusal())


def test_a_fork_bomb_in_a_command_ends_with_the_command(cluster):
    with pytest.raises(CommandTimedOut):
        cluster.python(ENDLESS_BOMB, timeout=0.5)
    eventually(lambda: cluster.runtime.stats(cluster.session).processes == 1)
    assert is_driven(cluster)


def test_a_fork_bomb_in_a_server_ends_with_control_c(cluster):
    cluster.start("web", "python", "-c", BOMB + "\ntime.sleep(60)")
    eventually(lambda: cluster.runtime.stats(cluster.session).processes > 50)
    cluster.runtime.interrupt(cluster.session, "web")
    eventually(lambda: cluster.runtime.stats(cluster.session).processes == 1)
    assert is_driven(cluster)


def test_threads_count_as_processes(cluster):
    code = (
        "import threading, time\n"
        "try:\n"
        "    for _ in range(1000):\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "except RuntimeError as error:\n"
        "    print(error)\n"
    )
    assert b"can't start new thread" in cluster.python(code).stdout


def test_a_file_can_not_be_larger_than_its_limit(cluster):
    done = cluster.run("sh", "-c", "head -c 17825792 /dev/zero > /tmp/x; ls -s --block-size=1 /tmp")
    assert int(done.stdout.split()[1]) <= 16 << 20


@pytest.mark.parametrize("folder", ["/data", "/dev/shm"])
def test_a_disk_can_not_hold_more_than_its_limit(cluster, folder):
    done = cluster.run(
        "sh", "-c", f"for n in 1 2 3; do head -c 8388608 /dev/zero > {folder}/$n; done"
    )
    assert b"No space left" in done.stderr


def test_filling_every_disk_leaves_memory_to_delete_again(cluster):
    for folder in ("/tmp", "/data", "/dev/shm", "/w205"):
        fill = f"for n in 1 2 3 4 5; do head -c 12582912 /dev/zero > {folder}/$n; done"
        assert b"No space left" in cluster.run("sh", "-c", fill).stderr
    assert cluster.runtime.observe(cluster.session).state is State.UP
    cluster.run("sh", "-c", "rm /tmp/*")
    assert is_driven(cluster)


def test_processes_of_one_that_floods_its_log_leave_the_agent_alive(cluster):
    cluster.start("web", "sh", "-c", "yes & yes & yes")
    cluster.lines(1000)
    readers = [threading.Thread(target=cluster.lines, args=(1000,)) for _ in range(5)]
    for each in readers:
        each.start()
    for each in readers:
        each.join()
    cluster.runtime.interrupt(cluster.session, "web")
    assert is_driven(cluster)
