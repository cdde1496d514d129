"""Calls that are carried from one machine to another: nothing is lost, nothing overtakes."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.engine.errors import ClusterGone, CommandCancelled
from portal.engine.guest.agent.peer import Peer
from portal.engine.guest.gate.agents import Behind
from portal.engine.guest.gate.frames import Garbled, Kind, packed, unpacked
from portal.engine.guest.gate.serving import Gate
from portal.engine.guest.gate.serving import secured as for_runner
from portal.engine.runtimes.agent.execution import AgentExecution
from portal.engine.runtimes.agent.link import Link, ask
from portal.engine.runtimes.kubernetes.keys import issue
from portal.engine.runtimes.kubernetes.tunnel import Tunnel

LARGE = 3 << 20


class StandIn:
    """An agent, as far as its calls go: runs commands on the descriptors that come, and echoes."""

    def __init__(self, path: Path):
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen(16)
        self.ended = threading.Event()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                peer = Peer(self.listener.accept()[0])
            except OSError:
                return
            threading.Thread(target=self._answer, args=(peer,), daemon=True).start()

    def _answer(self, peer: Peer) -> None:
        request = peer.request()
        if request["verb"] == "exec":
            self._exec(peer, request)
        elif request["verb"] == "count":
            got = 0
            while got < request["size"]:
                got += len(peer.take(request["size"] - got))
            peer.answer(size=got)
            peer.socket.sendall(b"x" * got)
        else:
            while line := peer.line():
                peer.answer(said=json.loads(line)["say"])
        peer.close()

    def _exec(self, peer: Peer, request: dict[str, object]) -> None:
        fds = peer.take_fds(3)
        argv = request["argv"]
        assert isinstance(argv, list)
        child = subprocess.Popen(argv, stdin=fds[0], stdout=fds[1], stderr=fds[2])
        for fd in fds:
            os.close(fd)

        def tell() -> None:
            peer.try_to_answer(exit=child.wait())

        threading.Thread(target=tell, daemon=True).start()
        peer.wait_for_hangup()
        child.kill()
        child.wait()
        self.ended.set()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[StandIn]:
    made = StandIn(tmp_path / "agent.sock")
    yield made
    made.listener.close()


@pytest.fixture
def tunnel(tmp_path: Path, agent: StandIn) -> Iterator[Tunnel]:
    gate, runner = issue("gate"), issue("runner")
    (tmp_path / "gate.pem").write_bytes(gate.whole)
    (tmp_path / "gate.crt").write_bytes(gate.certificate)
    (tmp_path / "runner.crt").write_bytes(runner.certificate)
    (tmp_path / "runner.pem").write_bytes(runner.whole)
    behind = Behind("mids", tmp_path / "agent.sock", tmp_path, {})
    made = Gate(0, for_runner(str(tmp_path)), {"mids": behind})
    threading.Thread(target=made.serve_for_ever, daemon=True).start()
    port = made.listener.getsockname()[1]
    keys = (tmp_path / "runner.pem", tmp_path / "gate.crt")
    yield Tunnel("127.0.0.1", port, "mids", keys, str(tmp_path))
    made.listener.close()


def run(tunnel: Tunnel, *argv: str, stdin: bytes = b"", timeout: float = 20.0) -> AgentExecution:
    return AgentExecution(
        Link(tunnel),
        {"service": "mids", "argv": list(argv)},
        stdin=stdin,
        timeout=timeout,
        cancelled=lambda: False,
    )


def test_a_command_reads_writes_and_ends_as_on_this_host(tunnel):
    code = "cat; echo wrong >&2; exit 7"
    execution = run(tunnel, "sh", "-c", code, stdin=b"hello")
    assert [(each.stream, each.data) for each in execution] == [
        ("stdout", b"hello"),
        ("stderr", b"wrong\n"),
    ]
    assert execution.exit_status == 7


def test_nothing_of_much_is_lost_either_way(tunnel):
    data = os.urandom(LARGE)
    execution = run(tunnel, "cat", stdin=data)
    assert b"".join(each.data for each in execution) == data
    assert execution.exit_status == 0


def test_its_end_never_overtakes_what_it_wrote(tunnel):
    for _ in range(10):
        execution = run(tunnel, "sh", "-c", "head -c 300000 /dev/zero; exit 3")
        assert sum(len(each.data) for each in execution) == 300_000
        assert execution.exit_status == 3


def test_a_command_that_reads_nothing_is_fed_no_further(tunnel):
    execution = run(tunnel, "true", stdin=bytes(LARGE))
    assert list(execution) == []
    assert execution.exit_status == 0


def test_hanging_up_ends_a_command_that_writes_and_reads_nothing(tunnel, agent):
    execution = run(tunnel, "yes", stdin=bytes(LARGE))
    next(iter(execution))
    execution.close()
    assert agent.ended.wait(10)


def test_a_signal_is_told(tunnel):
    execution = run(tunnel, "sh", "-c", "kill -9 $$")
    assert list(execution) == []
    assert execution.exit_status == -signal.SIGKILL


def test_a_cancelled_command_ends(tunnel, agent):
    execution = AgentExecution(
        Link(tunnel),
        {"service": "mids", "argv": ["sleep", "60"]},
        stdin=b"",
        timeout=60,
        cancelled=lambda: True,
    )
    with pytest.raises(CommandCancelled):
        list(execution)
    assert agent.ended.wait(10)


def test_bytes_go_with_a_request_and_an_answer(tunnel):
    link = Link(tunnel)
    link.send("count", body=bytes(LARGE), size=LARGE)
    assert link.answer().number("size") == LARGE
    assert link.take(LARGE) == b"x" * LARGE
    link.close()


def test_a_talk_goes_both_ways(tunnel):
    link = Link(tunnel)
    link.send("talk")
    for word in ("one", "two"):
        link.socket.sendall(json.dumps({"say": word}).encode() + b"\n")
        assert link.answer().text("said") == word
    link.close()


def test_a_service_that_is_not_there_is_gone(tunnel):
    other = Tunnel(tunnel.host, tunnel.port, "kafka", tunnel.keys, tunnel.lease)
    with pytest.raises(ClusterGone):
        ask(other, "observe")


def test_who_has_another_key_is_not_listened_to(tunnel, tmp_path):
    (tmp_path / "other.pem").write_bytes(issue("runner").whole)
    keys = (tmp_path / "other.pem", tunnel.keys[1])
    with pytest.raises(ClusterGone):
        Link(Tunnel(tunnel.host, tunnel.port, "mids", keys, "other"))


def test_a_gate_that_has_another_key_is_not_talked_to(tunnel, tmp_path):
    (tmp_path / "other.crt").write_bytes(issue("gate").certificate)
    keys = (tunnel.keys[0], tmp_path / "other.crt")
    with pytest.raises(ClusterGone):
        Link(Tunnel(tunnel.host, tunnel.port, "mids", keys, "another"))


def test_many_calls_at_once_are_told_apart(tunnel):
    executions = [run(tunnel, "sh", "-c", f"sleep 0.1; echo {each}") for each in range(20)]
    told = [b"".join(piece.data for piece in each) for each in executions]
    assert told == [f"{each}\n".encode() for each in range(20)]


def test_strangers_that_say_nothing_keep_nobody_out(tunnel):
    silent = [socket.create_connection((tunnel.host, tunnel.port)) for _ in range(8)]
    began = time.monotonic()
    assert list(run(tunnel, "true")) == []
    assert time.monotonic() - began < 5
    for each in silent:
        each.close()


def test_frames_come_whole_or_not_yet():
    whole = packed(Kind.DATA, 2, b"abc") + packed(Kind.END, 2)
    buffer, found = bytearray(), []
    for byte in whole:
        buffer.append(byte)
        found += list(unpacked(buffer))
    assert found == [(Kind.DATA, 2, b"abc"), (Kind.END, 2, b"")]


@pytest.mark.parametrize("junk", [b"\x09\0\0\0\0\0", b"\0\x09\0\0\0\0", b"\0\0\xff\0\0\0"])
def test_what_is_no_frame_is_refused(junk):
    with pytest.raises(Garbled):
        list(unpacked(bytearray(junk)))
