"""What was typed, in order, and what it printed; on paper for whoever marks it."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from portal.activities.models import Session
from portal.engine.errors import OnlyTried
from portal.engine.markdown import fenced
from portal.insights import markdown, services, transcript
from portal.insights.models import Note
from portal.insights.shown import FIRST_LINES, LAST_LINES, show
from tests.insights.sessions import CURL, SWORD, done
from tests.rows import make_session, make_user

PYSPARK = """\
docker-compose exec spark pyspark \\
  --conf spark.master=local[2] \\
  --conf spark.ui.enabled=false \\
  --conf spark.ui.showConsoleProgress=false \\
  --conf spark.sql.shuffle.partitions=1 \\
  --conf spark.sql.catalogImplementation=in-memory"""
pytestmark = pytest.mark.django_db


@pytest.fixture
def session() -> Session:
    """A session of week 10."""
    return make_session()


def typed(session: Session) -> list[str]:
    """Every command of the transcript."""
    return [line for entry in transcript.entries(session) for line in entry.commands]


def test_it_tells_every_command_as_a_student_would_type_it(session: Session) -> None:
    done(session, "prepare")
    done(session, "cluster")
    done(session, "call", params={"commands": [SWORD, CURL]})
    done(session, "extract", params={"code": "spark.range(3).show()"})
    done(session, "telnet")
    done(session, "stop")
    assert typed(session) == [
        "docker rm -f $(docker ps -aq)",
        "docker-compose up -d",
        SWORD,
        CURL,
        PYSPARK,
        "docker-compose exec mids telnet localhost 5000",
        "exit()",
        "control-C",
    ]
    entries = transcript.entries(session)
    assert entries[3].typed == "import json\nspark.range(3).show()"
    assert entries[4].typed.startswith("GET /purchase_a_sword HTTP/1.1")


def test_lines_that_were_tried_are_told_alone_and_are_no_failure(session: Session) -> None:
    tried = {"code": "x = 1\nx", "selection": "x", "has_passed": False}
    error = {"error_code": OnlyTried.code, "error": "The selected lines ran."}
    done(session, "extract", "cancelled", params=tried, **error)
    done(session, "extract", params={"restart": True, "has_passed": True})
    trial, restart = transcript.entries(session)
    assert (trial.typed, trial.status, trial.error) == ("import json\nx", "passed", "")
    assert restart.typed == ""


def test_a_failed_call_ends_where_it_failed(session: Session) -> None:
    said = f"$ {CURL}\ncurl: (7) Failed to connect\n"
    done(session, "call", "failed", params={"commands": [CURL, SWORD]}, output=said)
    assert typed(session) == [CURL]


def test_the_next_server_has_a_control_c_before_it(session: Session) -> None:
    first = done(session, "serve")
    done(session, "serve-extended", "serving", started_at=first.finished_at)
    assert [each.split()[0] for each in typed(session)].count("control-C") == 1


def test_the_step_that_stops_servers_is_their_only_control_c(session: Session) -> None:
    server = done(session, "serve")
    done(session, "stop", started_at=server.finished_at, finished_at=server.finished_at)
    assert typed(session).count("control-C") == 1


def test_a_reset_tears_down_what_was_there(session: Session) -> None:
    done(session, "cluster")
    session.generation = 2
    done(session, "cluster")
    commands = typed(session)
    assert commands == ["docker-compose up -d", "docker-compose down", "docker-compose up -d"]


def test_an_output_of_10_000_lines_is_cut_with_a_count() -> None:
    shown = show("\n".join(f"line {number}" for number in range(10_000)))
    assert shown.left_out == 10_000 - FIRST_LINES - LAST_LINES
    assert "9,650 more lines" in shown.text
    assert shown.text.endswith("line 9999")


def test_what_is_not_utf8_is_shown_for_what_it_is() -> None:
    shown = show(b"a\xff\xfeb\x1b[31m\x1b[2K\r\n\x00\xe2\x80\xaeevil".decode(errors="replace"))
    assert shown.not_utf8 == 2
    assert shown.text == "a\ufffd\ufffdb\u241b[2K\n\u2400\\u{202e}evil"


@given(st.text() | st.lists(st.sampled_from("`~ \n#<>a"), max_size=60).map("".join))
def test_nothing_breaks_out_of_a_fence(text: str) -> None:
    shown = show(text).text
    tokens = MarkdownIt("commonmark").parse(fenced(shown, "text") + "\nafter\n")
    kinds = [each.type for each in tokens]
    assert kinds == ["fence", "paragraph_open", "inline", "paragraph_close"]
    assert tokens[0].content.rstrip("\n") == shown.rstrip("\n")


def test_the_hand_in_holds_commands_outputs_and_notes(session: Session) -> None:
    hostile = "```\n# not a heading\n<script>alert(1)</script>"
    run = done(session, "read", output=hostile)
    services.annotate(session, run, "My *own* words\n```\nan open fence")
    text = "".join(markdown.document(session, transcript.entries(session), "a # student"))
    tokens = MarkdownIt("commonmark").parse(text)
    headings = [tokens[i + 1].content for i, each in enumerate(tokens) if each.tag[:1] == "h"]
    assert len([each for each in headings if each]) == 2
    assert hostile in [each.content.rstrip("\n") for each in tokens if each.type == "fence"]
    assert "> My *own* words" in text
    assert "a \\# student" in text


def test_only_the_student_writes_notes(session: Session, client: Client) -> None:
    run = done(session, "read")
    address = f"/s/{session.pk}/transcript/note/{run.pk}/"
    client.force_login(make_user())
    assert client.post(address, {"text": "hello"}).status_code == 404
    client.force_login(session.owner)
    assert client.post(address, {"text": "hello"}).status_code == 302
    answer = client.post(address, {"text": "hello again"}, headers={"HX-Request": "true"})
    assert "hello again" in answer.content.decode()
    assert Note.objects.get().text == "hello again"
    assert client.post(address, {"text": "  "}).status_code == 302
    assert not Note.objects.exists()


def test_strangers_see_no_transcript(session: Session, client: Client) -> None:
    client.force_login(make_user())
    for name in ("transcript/", "transcript.md", "transcript.sh"):
        assert client.get(f"/s/{session.pk}/{name}").status_code == 404


def test_the_page_shows_hostile_output_as_text(session: Session, client: Client) -> None:
    done(session, "read", output="<script>alert(1)</script>\n" * 10_000)
    client.force_login(session.owner)
    page = client.get(f"/s/{session.pk}/transcript/").content.decode()
    assert "<script>alert" not in page
    assert "9650 more lines" in page
