"""A transcript as a shell script that does the same at home, on the lab's compose file.

It is the commands that were typed, with what a script needs that a person has: `-T` for want of a
terminal, `-sS` so that curl draws no bar, waiting instead of looking, and a server in the
background instead of in a second window.
"""

import shlex
from collections.abc import Iterator, Mapping, Sequence

from portal.activities.models import Session
from portal.activities.status import StepStatus
from portal.engine.guest.confs import words
from portal.engine.http import request_bytes
from portal.engine.markdown import one_line
from portal.engine.spec import Call, Command, Exec, Http, Server, Spark, Stop, Up
from portal.insights.edits import Saved, newest
from portal.insights.pyspark import as_typed, with_earlier
from portal.insights.transcript import Entry

HEAD = """\
#!/usr/bin/env bash
# {title}: what was done in session {session}, to be done again at home.
#
# Put it beside the lab's docker-compose.yml and run it with: bash {name}
# It ends with status 0 when all that worked in the session worked here too.
set -u
cd "$(dirname "${{BASH_SOURCE[0]}}")" || exit 1
failed=0

# Newer Dockers have it as a command of docker's own.
if ! command -v docker-compose >/dev/null; then
  docker-compose() {{ docker compose "$@"; }}
fi

# On a line of its own: what is done now.
step() {{ printf '\\n== %s\\n' "$1"; }}

# What worked in the session should work here.
missed() {{
  printf '!! this worked in the session: %s\\n' "$1" >&2
  failed=1
}}

# Try a command until it works, for as long as a minute.
wait_for() {{
  local left=120
  until "$@" </dev/null >/dev/null 2>&1; do
    left=$((left - 1))
    if [ "$left" -le 0 ]; then return 1; fi
    sleep 0.5
  done
}}

# control-C for a server: docker-compose exec doesn't pass one on, so its process is told.
control_c() {{
  docker-compose exec -T "$1" sh -c 'kill -INT "$(cat "/tmp/$1.pid")" || exit 0
    for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$(cat "/tmp/$1.pid")" || exit 0; sleep 0.5; done
    kill -KILL "$(cat "/tmp/$1.pid")"' sh "$2" </dev/null 2>/dev/null
}}
"""
TAIL = '\nexit "$failed"\n'
KEEP_PID = 'echo "$$" >"/tmp/$0.pid"; exec "$@"'
TALK = 'exec 3<>"/dev/tcp/$0/$1" && cat >&3 && timeout 5 cat <&3'
PROBE = 'exec 3<>"/dev/tcp/127.0.0.1/$0"'


def script(session: Session, made: list[Entry], saved: Sequence[Saved]) -> Iterator[str]:
    """The whole script, in pieces. `saved` is what the student has edited, oldest first."""
    title = one_line(session.spec.title)
    yield HEAD.format(title=title, session=session.pk, name=f"{session.pk}.sh")
    is_up = False
    written = 0
    earlier: list[str] = []
    for entry in made:
        yield f"\nstep {shlex.quote(one_line(entry.step.title))}\n"
        yield from comments(entry.note)
        if is_up:
            due = [each for each in saved[written:] if each.at <= entry.at]
            written += len(due)
            yield from (put(session.spec.tools, each.path, each.text) for each in newest(due))
        yield from lines_of(session, entry, earlier)
        is_up |= isinstance(entry.step.run, Up)
    yield TAIL


def lines_of(session: Session, entry: Entry, earlier: list[str]) -> Iterator[str]:
    """The shell's lines for one entry; `earlier` is what pyspark was told before."""
    match entry.step.run:
        case Server(process=process) if entry.interrupts:
            yield control_c(service_of(session, process), process)
        case Up():
            yield from start(session, entry)
        case Exec():
            yield expected(entry, compose(entry.commands[0]))
        case Server() as server:
            yield from serve(entry, server)
        case Call():
            yield from (expected(entry, compose(each)) for each in entry.commands)
        case Spark(service=service):
            code = with_earlier(earlier, entry.typed)
            conf = session.spec.service(service).spark_conf
            yield expected(entry, pyspark(service, conf), as_typed(code))
            earlier.append(entry.typed)
        case Http() as http:
            yield expected(entry, talk(http, entry.typed))
        case Stop() as stop:
            earlier.clear()
            yield from leave(session, stop)
        case other:
            yield from own_move(entry, other.kind)


def own_move(entry: Entry, kind: str) -> Iterator[str]:
    """What launching and tearing down stand for."""
    if kind == "down":
        yield "docker-compose down </dev/null\n"
        return
    yield from comments(f"{entry.commands[0]}\nLeft out: it removes every container you have.")
    yield "docker-compose down --remove-orphans </dev/null 2>/dev/null\n"


def start(session: Session, entry: Entry) -> Iterator[str]:
    """Bring the cluster up and wait until it answers, as the lab's own check asks."""
    yield expected(entry, "docker-compose up -d </dev/null")
    check = entry.step.check
    if check is not None and check.run is not None:
        yield expected(entry, f"wait_for {compose(check.run, stdin='')}")


def serve(entry: Entry, server: Server) -> Iterator[str]:
    """Start a server in the background, and wait for its port unless it never answered."""
    command = Command.parse(entry.commands[0])
    argv = ("sh", "-c", KEEP_PID, server.process, *command.argv)
    yield f"{exec_line(command.service, argv)} >>{server.process}.log 2>&1 &\n"
    if entry.status in (StepStatus.PASSED, StepStatus.SERVING):
        probe = ("bash", "-c", PROBE, str(server.port))
        yield expected(entry, f"wait_for {exec_line(command.service, probe, stdin='')}")


def leave(session: Session, stop: Stop) -> Iterator[str]:
    """exit() and control-C."""
    if stop.spark is not None:
        yield "# exit() is the end of the lines that pyspark was given.\n"
    if stop.process is not None:
        yield control_c(service_of(session, stop.process), stop.process)


def control_c(service: str, process: str) -> str:
    """Control-C for a server."""
    return f"control_c {shlex.quote(service)} {shlex.quote(process)}\n"


def service_of(session: Session, process: str) -> str:
    """Where a server of that name runs."""
    for step in session.spec.steps:
        if isinstance(step.run, Server) and step.run.process == process:
            return step.command.service
    return session.spec.tools


def pyspark(service: str, conf: Mapping[str, str]) -> str:
    """`-i` has pyspark take the lines that it is fed one by one, as from a person."""
    argv = ("env", "PYSPARK_DRIVER_PYTHON_OPTS=-i", "pyspark", *words(conf))
    return exec_line(service, argv, stdin="")


def talk(http: Http, request: str) -> str:
    """A request's bytes, as telnet would send them."""
    *lines, rest = request_bytes(request).decode().split("\r\n")
    sent = f"printf '%s\\r\\n' {shlex.join(lines)}"
    if rest:
        sent = f"{{ {sent}; printf %s {shlex.quote(rest)}; }}"
    argv = ("bash", "-c", TALK, http.host, str(http.port))
    return f"{sent} | {exec_line(http.service, argv, stdin='')}"


def put(service: str, path: str, text: str) -> str:
    """Write a file that the student has edited, before anything runs it."""
    argv = ("sh", "-c", 'mkdir -p "${0%/*}" && cat >"$0"', f"/w205/{path}")
    begin, document = heredoc(text)
    return f"# As you have edited it:\n{exec_line(service, argv, stdin='')}{begin}\n{document}"


def compose(line: str, stdin: str = " </dev/null") -> str:
    """A command that a student types, without the terminal."""
    command = Command.parse(line)
    argv = command.argv
    if argv[0] == "curl":
        argv = ("curl", "-sS", *argv[1:])
    return exec_line(command.service, argv, stdin)


def exec_line(service: str, argv: tuple[str, ...], stdin: str = " </dev/null") -> str:
    """Run something in a service. Without a stdin of its own it would eat the script's."""
    return f"docker-compose exec -T {shlex.quote(service)} {shlex.join(argv)}{stdin}"


def expected(entry: Entry, line: str, fed: str | None = None) -> str:
    """A line, what it is fed, and a word if it fails though it did not in the session."""
    begin, document = heredoc(fed) if fed is not None else ("", "")
    missed = ""
    if entry.status in (StepStatus.PASSED, StepStatus.SERVING):
        missed = f" || missed {shlex.quote(one_line(entry.step.title))}"
    return f"{line}{begin}{missed}\n{document}"


def heredoc(text: str) -> tuple[str, str]:
    """A text as it is: how it is announced, and the text with a last word that is not in it."""
    word = "END"
    lines = set(text.split("\n"))
    while word in lines:
        word += "_"
    return f" <<'{word}'", f"{text.removesuffix(chr(10))}\n{word}\n"


def comments(text: str) -> Iterator[str]:
    """A text as comments; nothing in it starts a line of its own."""
    for line in text.splitlines():
        yield f"# {one_line(line)}\n"
