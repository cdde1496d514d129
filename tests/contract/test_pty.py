"""Terminals: a shell that outlives whoever looks, seen alike by all, within bounds."""

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from portal.engine.commands import Marks
from portal.engine.errors import ClusterGone, StepFailed
from portal.engine.programs import in_shell
from portal.engine.runtimes.base import Pty, PtyBegan, PtyDrawn, PtyEnded, PtyEvent, PtyWrote
from portal.engine.terminals import Size
from tests.contract.cluster import Cluster, eventually, service

LONG = 60.0
QUIET = 0.2
KNOCK = """
import socket, time
def knock(line):
    with socket.create_connection(("mids", 26743), 30) as made:
        made.sendall(line + b"\\n")
        found = made.recv(65536)
        return found.decode().partition('"')[2].partition('"')[0] if found else "hung-up"
for line in (
    b"junk", b"[" * 100_000, b'{"verb": "quit"}', b'{"verb": "put", "path": "x", "size": 1}',
    b'{"verb": "run", "service": "mids", "argv": 7, "environment": {}, "rows": 0, "columns": 0}',
):
    print(knock(line))
held = [socket.create_connection(("mids", 26743), 30) for _ in range(40)]
try:
    print(knock(b'{"verb": "observe", "service": "mids"}'))
except ConnectionError:
    print("hung-up")
for each in held:
    each.close()
told = ""
while told != "processes":
    try:
        told = knock(b'{"verb": "observe", "service": "mids"}')
    except ConnectionError:
        time.sleep(0.05)
print(told)
"""
APART = """
import json
with open("/tmp/.services.json", "r+") as file:
    found = json.load(file)
    file.seek(0)
    file.truncate()
    json.dump({**found, "other": None}, file)
"""
PROMPT = b"\x1b]133;B\x07"


class Looker:
    """Somebody who looks at a terminal and acknowledges what comes."""

    def __init__(self, cluster: Cluster, name: str = "main", **options):
        self.pty: Pty = cluster.runtime.open_pty(
            cluster.session, "mids", name, options.pop("size", Size(24, 80)), **options
        )
        self.seen = b""
        self.offset = self.pty.start
        self.events: list[PtyEvent] = []
        self.acknowledges = True

    def step(self, patience: float = QUIET) -> PtyEvent | None:
        event = self.pty.read(patience)
        if event is not None and not isinstance(event, PtyWrote):
            self.events.append(event)
        if isinstance(event, PtyWrote):
            self.seen = (self.seen + event.data)[-(1 << 20) :]
            self.offset = event.offset
            if self.acknowledges:
                self.pty.acknowledge(event.offset)
        return event

    def until(self, done: Callable[[], object] | bytes | str, within: float = LONG) -> None:
        """Read on until a condition holds, or such bytes have come."""
        wanted = done.encode() if isinstance(done, str) else done
        deadline = time.monotonic() + within
        while not (wanted in self.seen if isinstance(wanted, bytes) else wanted()):
            assert time.monotonic() < deadline, self.seen[-2000:]
            self.step()

    def run(self, line: str) -> str:
        """Type a line, and return what came before the next prompt."""
        self.seen = b""
        self.pty.type(line.encode() + b"\r")
        self.until(lambda: b"\x1b]133;C\x07" in self.seen and self.seen.endswith(PROMPT))
        output = self.seen.partition(b"\x1b]133;C\x07")[2].partition(b"\x1b]133;D")[0]
        return output.decode(errors="replace")

    def ready(self) -> "Looker":
        """Once there is a prompt: a shell that was quicker than this look has it drawn already."""
        self.until(
            lambda: PROMPT in self.seen or any(b"$" in each.screen for each in self.of(PtyDrawn))
        )
        return self

    def ended(self) -> int:
        """Its shell's exit status, once it has one."""
        self.until(lambda: self.of(PtyEnded))
        status: int = self.of(PtyEnded)[-1].exit_status
        return status

    def of(self, kind: type[PtyEvent]) -> list[Any]:
        return [each for each in self.events if isinstance(each, kind)]

    def drawn(self) -> bytes:
        """Its screen now."""
        before = len(self.of(PtyDrawn))
        self.pty.draw()
        self.until(lambda: len(self.of(PtyDrawn)) > before)
        screen: bytes = self.of(PtyDrawn)[-1].screen
        return screen


@pytest.fixture
def look(cluster) -> Iterator[Callable[..., Looker]]:
    """Attaches to a terminal of the cluster."""
    made: list[Looker] = []

    def attach(name: str = "main", **options) -> Looker:
        made.append(Looker(cluster, name, **options))
        return made[-1]

    yield attach
    for each in made:
        each.pty.close()


def test_a_shell_runs_in_the_students_folder(look):
    shell = look().ready()
    assert shell.events[0] == PtyBegan()
    assert shell.run("pwd").strip() == "/w205"
    assert shell.run("echo $TERM $SLUICE_SERVICE; tty").split()[:2] == ["xterm-256color", "mids"]
    assert shell.run("cat /nowhere; echo $?").endswith("1\r\n")


def test_what_is_typed_is_echoed_and_letters_are_utf8(look):
    shell = look().ready()
    assert shell.run("echo 'héllo 日本 🎈'").strip() == "héllo 日本 🎈"
    assert "日本" in shell.drawn().decode()


@pytest.mark.parametrize(
    ("command", "program"),
    [("sleep 600", "sleep"), ("yes", "yes"), ("cat /dev/zero", "zero"), ("python loop.py", "loop")],
)
def test_control_c_ends_what_runs(cluster, look, command, program):
    cluster.runtime.put_file(cluster.session, "loop.py", b"while True: pass")
    shell = look().ready()
    shell.pty.type(command.encode() + b"\r")
    # Between the mark and the program the shell has the key for itself.
    eventually(lambda: cluster.processes(program) and shell.step(0.01) is not shell, within=LONG)
    shell.pty.type(b"\x03")
    shell.until(lambda: b"\x1b]133;D;130\x07" in shell.seen[-4096:] or ended_badly(shell))


def ended_badly(shell: Looker) -> bool:
    """As Python does, by itself."""
    return b"KeyboardInterrupt" in shell.seen and shell.seen.endswith(PROMPT)


def test_what_nobody_takes_costs_no_memory_and_control_c_works_at_once(cluster, look):
    before = cluster.runtime.stats(cluster.session).memory_bytes
    shell = look().ready()
    shell.acknowledges = False
    shell.pty.type(b"yes | cat -n\r")
    eventually(lambda: shell.step(2.0) is None, within=LONG)
    assert cluster.runtime.stats(cluster.session).memory_bytes - before < 32 << 20
    shell.pty.type(b"\x03")
    shell.acknowledges = True
    shell.pty.acknowledge(shell.offset)
    shell.until(lambda: b"\x1b]133;D;130\x07" in shell.seen[-4096:])


def test_the_size_is_what_programs_see(look):
    shell = look(size=Size(30, 100)).ready()
    assert shell.run("stty size").split() == ["30", "100"]
    shell.pty.resize(Size(10, 40))
    assert shell.run("stty size").split() == ["10", "40"]


@pytest.mark.parametrize(
    ("wanted", "given"), [(Size(1, 1), ["1", "2"]), (Size(1000, 1000), ["200", "500"])]
)
def test_a_size_that_no_window_has_is_clamped(look, wanted, given):
    shell = look(size=wanted)
    shell.pty.resize(wanted)
    shell.pty.type(b"stty size >size; exit\r")
    assert shell.ended() == 0
    assert look().ready().run("cat size").split() == given


def test_programs_are_told_of_another_size(look):
    shell = look().ready()
    # A shell that is typed into has jobs in groups of their own: only they would be told.
    told = b"trap 'stty size' WINCH; echo g''o; while :; do sleep 0.1; done"
    shell.pty.type(b'bash -c "' + told + b'"\r')
    shell.until(b"go")
    shell.pty.resize(Size(11, 44))
    shell.until(b"11 44")


def test_whoever_comes_again_sees_the_screen_as_it_was(look):
    shell = look().ready()
    shell.run("clear; echo only this")
    offset, epoch = shell.offset, shell.pty.epoch
    shell.pty.close()
    again = look(begin=False)
    again.until(lambda: again.of(PtyDrawn))
    screen = again.of(PtyDrawn)[0]
    assert b"only this" in screen.screen
    assert (screen.offset, again.pty.epoch, screen.size) == (offset, epoch, Size(24, 80))
    assert again.run("echo $((6*7))").strip() == "42"


def test_a_full_screen_program_is_there_again(look):
    shell = look().ready()
    shell.run("seq 500 >numbers; echo the shell")
    shell.pty.type(b"vi -u NONE numbers\r")
    shell.until(b"\x1b[?1049h")
    shell.until(lambda: b"numbers" in shell.drawn() and b"20" in shell.drawn())
    shell.pty.close()
    again = look()
    again.until(lambda: again.of(PtyDrawn))
    screen = again.of(PtyDrawn)[0].screen
    shell_part, _, editor = screen.partition(b"\x1b[?1049h")
    assert b"the shell" in shell_part
    assert re.search(rb"\b20\b", editor)
    again.pty.type(b"\x1b:q!\r")
    again.until(b"\x1b[?1049l")
    assert b"\x1b[?1049h" not in again.drawn()


def test_what_was_not_acknowledged_is_told_again(look):
    shell = look().ready()
    shell.acknowledges = False
    shell.run("echo once")
    at = shell.offset - len(shell.seen)
    shell.pty.close()
    again = look(since=at, epoch=shell.pty.epoch)
    assert again.pty.start == at
    again.until(b"once")
    again.until(lambda: again.offset == shell.offset)
    assert again.seen == shell.seen
    assert not again.of(PtyDrawn)


def test_several_see_one(look):
    first, second = look().ready(), look()
    second.until(lambda: second.of(PtyDrawn))
    second.pty.type(b"echo from the second\r")
    for each in (first, second):
        each.until(b"\x1b]133;C\x07from the second")
    other = look("other").ready()
    assert other.pty.epoch != first.pty.epoch


def test_its_end_is_told_and_the_next_shell_goes_on_below(look):
    shell = look().ready()
    shell.run("echo before")
    shell.pty.type(b"exit 7\r")
    assert shell.ended() == 7
    offset = shell.offset
    watcher = look(begin=False)
    assert watcher.ended() == 7
    again = look(since=offset, epoch=shell.pty.epoch).ready()
    assert again.pty.epoch == shell.pty.epoch
    assert b"before" in again.drawn()
    for each in (shell, watcher):
        each.until(lambda each=each: each.of(PtyBegan))


def test_a_shell_that_is_killed_has_ended(look):
    shell = look().ready()
    shell.pty.type(b"kill -9 $$\r")
    assert shell.ended() == -9
    assert look().ready().run("echo a new one").strip() == "a new one"


def test_what_a_shell_leaves_does_not_hold_its_end_up(look):
    shell = look().ready()
    shell.pty.type(b"(trap '' HUP; while sleep 0.05; do echo on; done) & exit 0\r")
    assert shell.ended() == 0


def test_hanging_up_ends_all_that_it_started(cluster, look):
    shell = look().ready()
    shell.pty.type(b"trap '' HUP TERM; sleep 98765 & setsid sleep 98765 & sleep 98765\r")
    eventually(lambda: cluster.processes("98765") >= 3, within=LONG)
    shell.pty.end()
    assert shell.ended() < 0
    eventually(lambda: not cluster.processes("98765"), within=LONG)


def test_much_without_a_line_end_comes_through(look):
    shell = look(size=Size(50, 200)).ready()
    start = shell.offset
    shell.pty.type(b"head -c 10000000 /dev/zero | tr '\\0' x; echo; echo the end\r")
    shell.until(b"\nthe end", within=4 * LONG)
    assert shell.offset - start > 10_000_000
    assert len(shell.drawn()) < 1 << 20


def test_any_bytes_come_through(look):
    shell = look().ready()
    shell.pty.type(
        b"printf '\\000\\377\\200\\033]52;c;AAAA\\007\\033]0;title\\007\\033P';echo;echo ok\r"
    )
    shell.until(b"\nok")
    assert b"\0\xff\x80\x1b]52;c;AAAA\x07" in shell.seen
    shell.run("head -c 300000 /dev/urandom; printf '\\033c'")
    assert shell.run("echo on").strip() == "on"


def test_a_screen_that_is_left_open_does_no_harm(look):
    shell = look().ready()
    shell.run("printf '\\033[?1049h\\033[2;3r'")
    assert b"\x1b[?1049h" in shell.drawn()
    assert shell.run("echo on").strip() == "on"


def test_its_questions_are_answered_once(look):
    look().ready()
    shell = look()
    shell.until(lambda: shell.of(PtyDrawn))
    shell.pty.type(b"stty raw -echo; printf '\\033[6n'; head -c 6 | od -c; stty sane\r")
    shell.until(b"R")
    shell.until(PROMPT)
    assert re.search(rb"033\s+\[\s+\d", shell.seen)


def test_commands_are_marked(look):
    shell = look().ready()
    marks = Marks(shell.pty.epoch)
    told = []
    for line in ("echo one; false", "  ls /nowhere | cat 'a\\b;c'", "echo $(( 1 + 1 ))"):
        shell.run(line)
        told += marks.read(shell.seen, shell.offset, time.time())
    ran = [each for each in told if each.ended_at is not None]
    assert [each.command for each in ran] == [
        "echo one; false",
        "  ls /nowhere | cat 'a\\b;c'",
        "echo $(( 1 + 1 ))",
    ]
    assert [each.exit_status for each in ran] == [1, 1, 0]
    assert (ran[0].output, ran[2].output) == ("one\n", "2\n")


def test_docker_compose_works_on_every_service(absent):
    """Whether services share the terminal's namespaces or have a container each."""
    says = ("sh", "-c", "echo I have begun; echo and go on; exec sleep 600")
    absent.up(service(), service("other", *says, environment={"WHO": "the other"}))
    line = "docker-compose exec -T other sh -c 'echo $WHO' | tr a-z A-Z && docker-compose exec mids"
    assert absent.run(*in_shell(f"{line} pwd")).stdout == b"THE OTHER\n/w205\n"
    shell = Looker(absent).ready()
    try:
        own = shell.run("docker-compose exec -T mids sh -c 'echo $SLUICE_SERVICE $PWD'")
        assert own.strip() == "mids /w205"
        of_other_services(absent, shell)
        # As if the other had a container of its own, in every runtime.
        assert absent.python(APART).status == 0
        of_other_services(absent, shell)
        listed = shell.run("docker-compose ps").replace("\r", "").splitlines()
        assert [line.split() for line in listed[2:]] == [["mids", "Up"], ["other", "Up"]]
        assert shell.run("docker-compose up -d").split("\r\n")[:2] == [
            "mids is up-to-date",
            "other is up-to-date",
        ]
        logged = shell.run("docker-compose logs other").replace("\r", "").splitlines()
        assert logged == ["other | I have begun", "other | and go on"]
        shell.seen = b""
        shell.pty.type(b"docker-compose logs -f --tail=1 other\r")
        shell.until(b"| and go on")
        assert b"I have begun" not in shell.seen
        shell.pty.type(b"\x03")
        shell.until(b"\x1b]133;D;130\x07")
        absent.runtime.halt(absent.session, "other", "pause")
        assert shell.run("docker-compose ps").split()[-1] == "Paused"
        absent.runtime.resume(absent.session, "other")
        absent.runtime.interrupt(absent.session, "other", timeout=1)
        ended = shell.run("docker-compose up -d")
        assert "other is not up (Exit 1" in ended
    finally:
        shell.pty.close()


def of_other_services(cluster: Cluster, shell: Looker) -> None:
    """What `exec` gives: a terminal, pipes, an exit status, keys."""
    said = shell.run("docker-compose exec other sh -c 'echo I am $WHO; tty; pwd; exit 7'")
    assert re.fullmatch(r"I am the other\s+/dev/pts/\d+\s+/w205\s+", said)
    assert b"133;D;7" in shell.seen
    piped = "echo so | docker-compose exec -T -e A=1 -w /tmp other sh -c 'pwd; cat; echo $A'"
    assert shell.run(f"{piped} | cat").split() == ["/tmp", "so", "1"]
    assert "not found" in shell.run("docker-compose exec -T other no-such-program")
    for name in ("mids", "other"):
        shell.seen = b""
        shell.pty.type(f"docker-compose exec {name} cat -u\r".encode())
        # What comes while bash still has the terminal keeps its carriage return, as anywhere.
        shell.until(b"\x1b]133;C\x07")
        eventually(partial(runs, cluster, name, b"cat\0-u\0"), within=LONG)
        shell.pty.type(b"to a cat\r")
        shell.until(lambda: shell.seen.count(b"to a cat") >= 2)
        shell.pty.type(b"\x03")
        shell.until(b"\x1b]133;D;130\x07")
    eventually(lambda: not runs(cluster, "other", b"cat\0-u\0"), within=LONG)


def test_the_agents_door_bears_whatever_knocks(cluster):
    said = cluster.python(KNOCK, timeout=LONG).stdout.decode().split()
    # Nonsense, and what is the host's alone, is refused; callers beyond the bound are hung up on.
    assert said == ["error", "error", "error", "error", "error", "hung-up", "processes"]
    assert cluster.run("true").status == 0


def runs(cluster: Cluster, name: str, argv: bytes) -> bool:
    """Whether a command runs in a service, by its whole command line."""
    told = cluster.runtime.exec(cluster.session, name, ("sh", "-c", "cat /proc/[0-9]*/cmdline"))
    return b"\0" + argv in b"\0" + b"".join(piece.data for piece in told)


def test_a_page_that_is_pasted_arrives_whole(look):
    shell = look().ready()
    lines = [f"line {number} of a page that is pasted" for number in range(2000)]
    shell.seen = b""
    shell.pty.type(b"cat >pasted <<'END'\r")
    shell.until(b"h> ")
    # By pieces, as a page sends it, and as fast as the shell takes it.
    for line in lines:
        shell.pty.type(line.encode() + b"\r")
        if len(shell.seen) > 0:
            shell.step(0)
    shell.pty.type(b"END\r")
    shell.until(b"\x1b]133;D", within=2 * LONG)
    assert shell.run("wc -l <pasted; tail -n 1 pasted").split("\r\n")[:2] == ["2000", lines[-1]]


def test_keys_that_nobody_reads_are_bounded_and_an_interrupt_goes_past(cluster, look):
    shell = look().ready()
    shell.pty.type(b"stty raw isig; sleep 600\r")
    shell.until(b"\x1b]133;C\x07")
    eventually(lambda: cluster.processes("sleep") == 1, within=LONG)
    for _ in range(40):
        shell.pty.type(b"x" * 60_000)
        shell.step(0.05)
    shell.pty.type(b"\x03")
    shell.until(b"\x1b]133;D;130\x07")


def test_a_fork_bomb_leaves_the_terminal_alive(look):
    shell = look().ready()
    shell.pty.type(b":(){ :|:& };:\r")
    shell.until(lambda: b"Resource temporarily unavailable" in shell.seen or b"fork" in shell.seen)
    shell.pty.end()
    shell.ended()


def test_there_are_not_too_many(look):
    for number in range(8):
        look(f"t{number}").ready()
    with pytest.raises(StepFailed, match="terminals"):
        look("one-more")


def test_a_terminal_that_is_not_there_is_not_attached_to(look):
    with pytest.raises(StepFailed, match="no such terminal"):
        look(begin=False)


def test_it_ends_with_its_cluster(cluster, look):
    shell = look().ready()
    cluster.runtime.down(cluster.session)
    with pytest.raises(ClusterGone):
        while True:
            shell.step()
    with pytest.raises(ClusterGone):
        look()


def test_an_absent_cluster_has_no_terminals(absent):
    with pytest.raises(ClusterGone):
        Looker(absent)
    with pytest.raises(StepFailed):
        absent.up()
        absent.runtime.open_pty(absent.session, "nothing", "main", Size())
