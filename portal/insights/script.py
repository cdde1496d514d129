"""A transcript as a shell script that does the same at home, on the lab's compose file.

It is the commands that were typed, with what a script needs that a person has: `-T` for want of a
terminal, `-sS` so that curl draws no bar, waiting instead of looking, and a server in the
background instead of in a second window.
"""

import shlex
from collections.abc import Iterator, Sequence

from portal.activities.models import Session
from portal.activities.status import StepStatus
from portal.engine.lab.shell import comments, control_c, exec_line, heredoc
from portal.engine.lab.step import Move, Rerun, Typed, server_service
from portal.engine.markdown import one_line
from portal.insights.edits import Saved, newest
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
TOO_LONG = """
printf '!! The rest of the session is left out: its script would be too long.\\n' >&2
exit 1
"""


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
        is_up |= entry.step.run.move is Move.UP
    yield TAIL


def lines_of(session: Session, entry: Entry, earlier: list[str]) -> Iterator[str]:
    """The shell's lines for one entry; `earlier` is what was typed before into what still runs."""
    if entry.interrupts:
        yield control_c(server_service(session.spec, entry.interrupts), entry.interrupts)
        return
    rerun = Rerun(
        lab=session.spec,
        step=entry.step,
        typed=Typed(entry.commands, entry.typed),
        worked=entry.status in (StepStatus.PASSED, StepStatus.SERVING),
        earlier=earlier,
    )
    yield from entry.step.run.script(rerun)


def put(service: str, path: str, text: str) -> str:
    """Write a file that the student has edited, before anything runs it."""
    argv = ("sh", "-c", 'mkdir -p "${0%/*}" && cat >"$0"', f"/w205/{path}")
    begin, document = heredoc(text)
    return f"# As you have edited it:\n{exec_line(service, argv, stdin='')}{begin}\n{document}"
