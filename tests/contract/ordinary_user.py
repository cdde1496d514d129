"""What an ordinary user's sandbox has to do: `python -m tests.contract.ordinary_user FOLDER`.

The tests run it as somebody who is not root, where user namespaces and limits by process take the
place of root's control groups.
"""

import os
import sys
from pathlib import Path

from portal.engine.runtimes.base import Impairment
from tests.contract.cluster import Cluster, eventually, new_session
from tests.contract.drivers import make_sandbox

SERVER = """
import time
try:
    print('serving', flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    print('over')
"""


def main(folder: str) -> None:
    """Raise what doesn't hold."""
    assert os.getuid() != 0, "this has to run as an ordinary user"
    runtime = make_sandbox(Path(folder) / "sessions")
    runtime.check()
    cluster = Cluster(runtime, new_session())
    try:
        cluster.up(files={"a.txt": b"hello"})
        works(cluster)
        is_confined(cluster)
        is_limited(cluster)
    finally:
        runtime.down(cluster.session)
    assert runtime.list_all() == []
    print("all of it holds")


def works(cluster: Cluster) -> None:
    """Commands, servers and files."""
    assert cluster.run("cat", "a.txt", "-", stdin=b" world").stdout == b"hello world"
    assert cluster.run("id", "-un").stdout == b"student\n"
    cluster.start("web", "python", "-c", SERVER)
    assert cluster.lines(1)[0].text == b"serving"
    cluster.runtime.interrupt(cluster.session, "web")
    assert cluster.lines(1, since=1)[0].text == b"over"
    assert cluster.runtime.get_file(cluster.session, "a.txt") == b"hello"
    cluster.runtime.impair(cluster.session, "mids", Impairment.CUT)
    assert cluster.runtime.impaired(cluster.session) == {"mids": "cut"}
    cluster.runtime.impair(cluster.session, "mids", None)


def is_confined(cluster: Cluster) -> None:
    """No rights, no namespaces, no way to the agent."""
    status = cluster.run("cat", "/proc/self/status").stdout
    assert b"CapEff:\t0000000000000000" in status
    assert b"CapBnd:\t0000000000000000" in status
    assert b"NoNewPrivs:\t1" in status
    assert cluster.run("unshare", "--user", "true").status != 0
    assert cluster.run("sh", "-c", "kill -KILL 1; ls /proc/1/fd").status != 0
    assert b"Read-only" in cluster.run("sh", "-c", "echo x > /dev/x").stderr
    assert b"Read-only" in cluster.run("mkdir", "/dev/x").stderr
    assert cluster.run("sh", "-c", "echo x > /dev/shm/x && echo x > /dev/null").status == 0
    assert b"not supported" in cluster.python("import socket; socket.socket(40, 1)").stderr
    assert cluster.run("ls", str(cluster.runtime.folder)).status != 0  # type: ignore[attr-defined]


def is_limited(cluster: Cluster) -> None:
    """Memory by process, and the number of processes."""
    done = cluster.python("x = b'x' * (1 << 30)")
    assert done.status == 1
    assert b"MemoryError" in done.stderr
    bomb = "import os, time\nwhile os.fork(): pass\ntime.sleep(60)"
    done = cluster.python(bomb)
    assert b"Resource temporarily unavailable" in done.stderr
    eventually(lambda: cluster.runtime.observe(cluster.session).state == "up")


if __name__ == "__main__":
    main(sys.argv[1])
