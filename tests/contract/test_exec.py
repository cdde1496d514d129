"""Commands: bytes both ways, exit statuses, time limits, and what is left of them."""

import hashlib
import os
import random
import signal
import threading
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from portal.engine.errors import (
    ClusterGone,
    CommandCancelled,
    CommandTimedOut,
    OutOfMemory,
    StepFailed,
)
from tests.contract.cluster import eventually

BYTES = bytes(range(256)) * 3 + b"\xff\xfe\x00\xc3("
PARENT = "import subprocess, sys; subprocess.run(['sleep', sys.argv[1]])"
DAEMON = "setsid sh -c 'sleep $0' {} & echo started"


def mark() -> str:
    """A number of seconds to sleep that no other process has on its command line."""
    return f"{random.randint(10_000, 99_999)}.{random.randint(10_000, 99_999)}"


def test_any_bytes_go_in_and_come_out(cluster):
    assert cluster.run("cat", stdin=BYTES).stdout == BYTES


def test_any_bytes_come_on_standard_error(cluster):
    done = cluster.run("sh", "-c", "cat >&2", stdin=BYTES)
    assert (done.stderr, done.stdout) == (BYTES, b"")


def test_arguments_are_passed_as_they_are(cluster):
    awkward = ["", " ", "'", '"', "$HOME", "`id`", ";", "a\nb", "é", "\\"]
    done = cluster.python("import sys; print(ascii(sys.argv[1:]))", *awkward)
    assert done.stdout.decode().strip() == ascii(awkward)


COMPILED = """
import flask, os.path
from guest import tail

print(*(os.path.exists(each.__cached__) for each in (flask, tail)))
"""


def test_what_python_reads_is_compiled_already(cluster):
    assert cluster.python(COMPILED).stdout == b"True True\n"


def peak_while(work: Callable[[], Any]) -> int:
    """How much memory, in bytes, some work takes at its worst."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_big_input_arrives_whole_and_is_not_copied(cluster):
    sent = random.Random(1).randbytes(32 << 20)
    code = "import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"
    told = []
    peak = peak_while(lambda: told.append(cluster.python(code, stdin=sent).stdout.decode().strip()))
    assert told == [hashlib.sha256(sent).hexdigest()]
    assert peak < 2 << 20


def test_input_that_nobody_reads_is_dropped(cluster):
    assert cluster.run("true", stdin=bytes(1 << 20)).status == 0


def test_a_command_without_input_sees_its_end(cluster):
    assert cluster.run("cat").stdout == b""


def test_a_big_output_passes_in_bounded_memory(cluster):
    argv = ("head", "-c", str(50 << 20), "/dev/zero")
    sizes = []

    def read() -> None:
        for piece in cluster.runtime.exec(cluster.session, "mids", argv):
            sizes.append(len(piece.data))

    peak = peak_while(read)
    assert sum(sizes) == 50 << 20
    assert peak < 2 << 20


def test_a_slow_reader_loses_nothing(cluster):
    # A pipe that holds it all, so that the command is over long before the reader is.
    code = "import fcntl, os; fcntl.fcntl(1, 1031, 1 << 20); os.write(1, bytes(900_000))"
    total = 0
    for piece in cluster.runtime.exec(cluster.session, "mids", ("python", "-c", code)):
        total += len(piece.data)
        time.sleep(0.05)
    assert total == 900_000


def test_output_comes_as_it_is_written(cluster):
    code = "print('first', flush=True); import sys; sys.stdin.read(); print('last')"
    execution = cluster.runtime.exec(
        cluster.session, "mids", ("sh", "-c", "echo first; sleep 60"), timeout=30
    )
    assert next(iter(execution)).data == b"first\n"
    execution.close()
    assert cluster.python(code).stdout == b"first\nlast\n"


@pytest.mark.parametrize("status", [0, 1, 3, 42, 255])
def test_the_exit_status_is_told(cluster, status):
    assert cluster.run("sh", "-c", f"exit {status}").status == status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL, signal.SIGSEGV])
def test_a_signal_is_told_as_a_negative_status(cluster, number):
    assert cluster.run("sh", "-c", f"kill -{int(number)} $$").status == -number


def test_a_missing_command_ends_with_127_and_a_line(cluster):
    done = cluster.run("no-such-command")
    assert done.status == 127
    assert done.stderr == b"no-such-command: command not found\n"


def test_a_file_that_can_not_run_ends_with_126_and_a_line(cluster):
    done = cluster.run("/etc/hosts")
    assert done.status == 126
    assert b"/etc/hosts: Permission denied" in done.stderr


def test_a_service_that_is_not_there_is_refused_in_words(cluster):
    execution = cluster.runtime.exec(cluster.session, "nonesuch", ("true",))
    with pytest.raises(StepFailed, match="nonesuch"):
        list(execution)


def test_a_command_works_in_the_labs_folder(cluster):
    assert cluster.run("pwd").stdout == b"/w205\n"


def test_a_command_over_its_time_is_ended_with_its_children(cluster):
    word = mark()
    began = time.monotonic()
    with pytest.raises(CommandTimedOut, match=r"0\.3 s"):
        cluster.python(PARENT, word, timeout=0.3)
    assert time.monotonic() - began < 60
    assert cluster.processes(word) == 0


def test_a_command_that_ignores_being_asked_is_killed(cluster):
    word = mark()
    with pytest.raises(CommandTimedOut):
        cluster.run("sh", "-c", f"trap '' TERM; while :; do sleep {word}; done", timeout=0.3)
    assert cluster.processes(word) == 0


def test_a_daemon_of_a_command_over_its_time_is_ended_too(cluster):
    word = mark()
    with pytest.raises(CommandTimedOut):
        cluster.run("sh", "-c", DAEMON.format(word) + "; sleep 60", timeout=0.5)
    eventually(lambda: cluster.processes(word) == 0)


def test_output_so_far_comes_before_the_time_is_over(cluster):
    execution = cluster.runtime.exec(
        cluster.session, "mids", ("sh", "-c", "echo so far; sleep 60"), timeout=0.5
    )
    pieces = []
    with pytest.raises(CommandTimedOut):
        pieces.extend(execution)
    # `extend` keeps what came before the error.
    assert b"".join(piece.data for piece in pieces) == b"so far\n"


def test_a_cancelled_command_is_ended_with_its_children(cluster):
    word, cancel = mark(), threading.Event()
    execution = cluster.runtime.exec(
        cluster.session,
        "mids",
        ("sh", "-c", f"echo go; sleep {word}; true"),
        cancelled=cancel.is_set,
    )
    pieces = iter(execution)
    assert next(pieces).data == b"go\n"
    assert cluster.processes(word) > 0
    cancel.set()
    with pytest.raises(CommandCancelled):
        list(pieces)
    assert cluster.processes(word) == 0


def test_whether_it_is_cancelled_is_not_asked_for_every_piece(cluster):
    asked: list[None] = []

    def is_cancelled() -> bool:
        asked.append(None)
        return False

    argv = ("head", "-c", str(20 << 20), "/dev/zero")
    pieces = list(cluster.runtime.exec(cluster.session, "mids", argv, cancelled=is_cancelled))
    assert len(asked) < len(pieces) / 4


def test_closing_early_ends_it(cluster):
    word = mark()
    execution = cluster.runtime.exec(
        cluster.session, "mids", ("sh", "-c", f"echo go; sleep {word}; true")
    )
    for _ in execution:
        break
    execution.close()
    execution.close()
    assert cluster.processes(word) == 0


def test_closing_before_reading_ends_it(cluster):
    word = mark()
    cluster.runtime.exec(cluster.session, "mids", ("sleep", word)).close()
    assert cluster.processes(word) == 0


def test_a_daemon_that_holds_the_output_does_not_hang_it(cluster):
    word = mark()
    began = time.monotonic()
    done = cluster.run("sh", "-c", DAEMON.format(word))
    assert (done.status, done.stdout) == (0, b"started\n")
    assert time.monotonic() - began < 60
    assert cluster.processes(word) > 0


def test_a_daemon_that_writes_for_ever_does_not_hang_it(cluster):
    began = time.monotonic()
    assert cluster.run("sh", "-c", "yes & exit 5").status == 5
    assert time.monotonic() - began < 60


def test_orphans_do_not_stay_as_zombies(cluster):
    cluster.run("sh", "-c", "for i in 1 2 3 4 5 6 7 8; do (setsid sleep 0.01 &) ; done")
    states = "cat /proc/[0-9]*/stat 2>/dev/null | cut -d' ' -f3 | grep -c Z"
    eventually(lambda: cluster.run("sh", "-c", states).stdout == b"0\n")


def test_running_out_of_memory_is_told_with_the_limit(cluster):
    with pytest.raises(OutOfMemory, match="128 MB") as caught:
        cluster.python("x = b'x' * (1 << 30)")
    assert caught.value.limit == 128 << 20
    assert cluster.run("true").status == 0


def test_running_out_of_memory_in_a_shell_is_told_too(cluster):
    with pytest.raises(OutOfMemory):
        cluster.run("sh", "-c", "python -c \"x = b'x' * (1 << 30)\"; exit $?")


def test_a_kill_is_not_taken_for_want_of_memory(cluster):
    with pytest.raises(OutOfMemory):
        cluster.python("x = b'x' * (1 << 30)")
    assert cluster.run("sh", "-c", "kill -9 $$").status == -9


def test_many_commands_run_at_once(cluster):
    done = []
    threads = [
        threading.Thread(target=lambda: done.append(cluster.run("echo", "x").stdout))
        for _ in range(40)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert done == [b"x\n"] * 40


def test_many_commands_leave_no_descriptor_or_thread_behind(cluster, driver):
    def held() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    cluster.run("true")
    before = held()
    for number in range(200):
        match number % 4:
            case 0:
                cluster.run("true")
            case 1:
                cluster.run("no-such-command")
            case 2:
                cluster.runtime.exec(cluster.session, "mids", ("sleep", "60")).close()
            case 3:
                next(iter(cluster.runtime.exec(cluster.session, "mids", ("echo", "x"))))
    assert held() == before


def test_a_command_in_an_absent_cluster_is_refused(absent):
    with pytest.raises(ClusterGone):
        absent.run("true")


def test_a_cluster_that_dies_meanwhile_is_told(cluster, driver):
    execution = cluster.runtime.exec(cluster.session, "mids", ("sh", "-c", "echo go; sleep 60"))
    pieces = iter(execution)
    next(pieces)
    driver.kill(cluster.runtime, cluster.session)
    with pytest.raises(ClusterGone):
        list(pieces)
