"""What was typed in a terminal, in the transcript, its script, and the flow meter's counts."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.activities.models import Session
from portal.activities.status import StepStatus
from portal.insights import counting, script, transcript
from portal.insights.counts import Counts
from portal.insights.gap import judge
from portal.terminal.models import TypedCommand
from portal.terminal.queries import requests_typed
from tests.rows import make_run, make_session

pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    return make_session()


def line(session: Session, text: str, **more: Any) -> TypedCommand:
    """A line that was typed."""
    now = timezone.now()
    fields: dict[str, Any] = {
        "generation": session.generation,
        "service": "mids",
        "name": "main",
        "mark": f"a-{TypedCommand.objects.count()}",
        "line": text,
        "exit_status": 0,
        "began_at": now,
        "ended_at": now + timedelta(seconds=1),
    }
    return TypedCommand.objects.create(session=session, **(fields | more))


def test_lines_stand_in_the_transcript_with_what_they_printed(session: Session) -> None:
    line(session, "ls /w205", output="notes.txt\n")
    line(session, "grep x y", exit_status=2)
    line(session, "vi notes.txt", output="garbage", used_screen=True)
    line(session, "sleep 100", exit_status=None, ended_at=None)
    found = [
        (each.step.title, each.commands[0], each.status, each.output, each.error)
        for each in transcript.entries(session)
    ]
    title = "In a terminal of mids"
    assert found == [
        (title, "ls /w205", StepStatus.PASSED, "notes.txt\n", ""),
        (title, "grep x y", StepStatus.FAILED, "", "Exit status 2."),
        (title, "vi notes.txt", StepStatus.CANCELLED, "", ""),
        (title, "sleep 100", StepStatus.RUNNING, "", ""),
    ]


def test_the_script_does_again_what_worked(session: Session) -> None:
    line(session, "echo 'a b' >/w205/x; wc -l /w205/x")
    line(session, "grep x y", exit_status=2)
    line(session, "docker-compose down")
    text = "".join(script.script(session, transcript.entries(session), []))
    again = "docker-compose exec -T mids bash -c 'echo '\"'\"'a b'\"'\"' >/w205/x; wc -l /w205/x'"
    assert again in text
    assert "\n# grep x y\n" in text
    # The page asked, and this session goes on.
    assert "\n# docker-compose down\n# Left out" in text
    assert "\ndocker-compose down" not in text


def test_the_page_and_the_markdown_show_hostile_lines_as_text(session: Session) -> None:
    line(session, "echo '<script>alert(1)</script>'", output="<script>alert(1)</script>\n```\n")
    client = Client()
    client.force_login(session.owner)
    for name in ("insights:transcript", "insights:markdown"):
        answer = client.get(reverse(name, args=[session.pk]))
        body = b"".join(answer) if answer.streaming else answer.content
        assert answer.status_code == 200
        assert b"In a terminal of mids" in body
    page = client.get(reverse("insights:transcript", args=[session.pk])).content
    assert b"<script>alert" not in page


def test_a_step_that_was_typed_is_told_once_by_its_line(session: Session) -> None:
    step = next(each for each in session.spec.steps if each.run.move is None)
    run = make_run(session, step.id)
    type(run).objects.filter(pk=run.pk).update(
        params={"typed": {"service": "mids", "name": "main", "line": "x"}},
        status="passed",
        started_at=timezone.now(),
    )
    line(session, "x", run=run)
    (entry,) = transcript.entries(session)
    assert (entry.step.title, entry.commands) == (step.title, ("x",))


def test_curls_of_lines_count_as_sent(session: Session) -> None:
    port = next(at[2] for each in session.spec.steps if (at := each.run.server(each)))
    line(session, f"curl http://localhost:{port}/")
    line(session, f"curl -sS localhost:{port}/buy?x=1; curl localhost:{port}/")
    line(session, f"curl http://localhost:{port}/", exit_status=7)
    line(session, f"curl http://localhost:{port + 1}/; curl 'http://[bad'")
    line(session, f"curl localhost:{port}/running", exit_status=None, ended_at=None)
    assert requests_typed(session) == (["/", "/buy?x=1", "/", "/"], 1)
    sent = counting.sent_counts(session.spec, [], *requests_typed(session))
    assert (sent["sent"], sent["refused"]) == (4, 1)


TALK = """\
Trying 127.0.0.1...
Connected to localhost.
Escape character is '^]'.
GET /purchase_a_sword HTTP/1.1
Host: localhost:5000

HTTP/1.0 200 OK
Content-Length: 23

GET / is what I say here
"""


def test_requests_by_hand_count_as_sent(session: Session) -> None:
    port = next(at[2] for each in session.spec.steps if (at := each.run.server(each)))
    line(session, f"docker-compose exec mids telnet localhost {port}", output=TALK)
    line(session, f"telnet localhost {port + 1}", output=TALK)
    line(session, f"telnet localhost {port}", exit_status=1, output="Connection refused\n")
    line(session, f"printf 'GET /buy?x=1 HTTP/1.0\\r\\n\\r\\n' | nc localhost {port}", output=TALK)
    line(session, f"nc localhost {port}", output="GET /old\n<h1>GET / HTTP/1.0</h1>\n")
    line(session, f"echo telnet localhost {port}", output=TALK)
    assert requests_typed(session) == (["/purchase_a_sword", "/buy?x=1", "/old"], 0)


def test_a_server_in_a_terminal_is_no_loss_and_is_said() -> None:
    verdict = judge(Counts(sent=3, end=3, servers_typed=1))
    assert not [each for each in verdict.findings if each.hop == "flask"]
    assert any("run in a terminal" in each for each in verdict.doubts)
