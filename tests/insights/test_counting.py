"""Counts from streams: once each, whatever happens to log and topic meanwhile."""

import json
import time
from collections.abc import Iterator

import pytest
from django.test import Client
from django.utils import timezone

from portal.activities import keys
from portal.activities.keys import Incarnation
from portal.activities.models import Session
from portal.engine.causes.calls import NOTHING_LISTENS
from portal.faults.models import Fault
from portal.insights import counting, tally
from portal.insights.counts import Counts
from portal.insights.gap import judge
from portal.live import streams
from portal.live.chunks import Batch
from portal.live.connection import connect
from portal.results.models import Extraction
from tests.insights.sessions import CURL, SWORD, done
from tests.rows import make_session, make_user

pytestmark = pytest.mark.django_db
LONG_AGO = time.time() - 60


@pytest.fixture
def session() -> Iterator[Session]:
    """A session that is up, whose topic has been read for a while."""
    made = make_session()
    Session.objects.filter(pk=made.pk).update(status="ready")
    made.refresh_from_db()
    keys.set_condition(made, "events", "following")
    keys.want_topic(made, "events")
    yield made
    connect().flushdb()


def log(session: Session, first: int, *lines: str, at: float = LONG_AGO) -> None:
    """Lines of the log of mids, numbered from `first` on."""
    entries = [
        (number, {"at": at, "process": "flask", "text": line})
        for number, line in enumerate(lines, first)
    ]
    streams.append(keys.log_key(session, "mids"), entries)


def answer(status: int = 200, path: str = "/", method: str = "GET") -> str:
    """A line of the log as Flask's own server writes it."""
    return f'127.0.0.1 - - [24/Nov/2026 08:00:00] "{method} {path} HTTP/1.1" {status} -'


def produce(session: Session, first: int, *values: str) -> None:
    """Records of the topic's only partition, from offset `first` on."""
    entries = [
        (offset + 1, {"partition": 0, "offset": offset, "value": value, "encoding": "utf-8"})
        for offset, value in enumerate(values, first)
    ]
    streams.append(keys.topic_key(session, "events", 0), entries)


EVENT = json.dumps({"event_type": "default"})


def test_it_counts_what_each_place_has(session: Session) -> None:
    done(session, "call", params={"commands": [CURL, CURL, SWORD]}, finished_at="2026-01-01T00:00Z")
    log(session, 1, answer(), answer(), answer(404, "/x"), answer(path="/", method="OPTIONS"))
    log(session, 5, " * Running on http://127.0.0.1:5000", answer(500, "/purchase_a_sword"))
    produce(session, 0, EVENT, "no json", "[1]")
    counts = counting.count(session)
    assert (counts.sent, counts.answered, counts.not_found, counts.failed) == (3, 2, 1, 1)
    assert (counts.end, counts.not_json, counts.not_object) == (3, 1, 1)
    assert counts.by_path == {"/": 2, "/purchase_a_sword": 1}
    assert counts.by_answer == {"/": 2}
    assert counts.by_type == {"default": 1}
    assert not counts.is_settling


def test_each_line_and_record_is_counted_once(session: Session) -> None:
    for number in range(1, 6):
        log(session, number, answer())
        produce(session, number - 1, EVENT)
        assert counting.count(session).answered == number
    counts = counting.count(session)
    assert (counts.answered, counts.end, counts.by_type) == (5, 5, {"default": 5})


def test_a_look_reads_only_what_is_new(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    log(session, 1, *[answer()] * 1200)
    assert counting.count(session).answered == 1200
    log(session, 1201, answer())
    sizes: list[int] = []
    read = streams.read

    def noted(key: str, after: int = 0) -> Batch:
        batch = read(key, after)
        sizes.append(len(batch.entries))
        return batch

    monkeypatch.setattr(streams, "read", noted)
    assert counting.count(session).answered == 1201
    assert sum(sizes) == 1


def test_what_was_trimmed_before_it_was_counted_is_a_doubt(session: Session) -> None:
    log(session, 41, answer())
    counts = counting.count(session)
    assert counts.log_gap == 40
    assert "trimmed" in " ".join(judge(counts).doubts)


def test_a_topic_made_again_is_counted_anew(session: Session) -> None:
    log(session, 1, answer(), answer())
    produce(session, 0, EVENT, EVENT)
    assert counting.count(session).end == 2
    keys.set_condition(session, "events", "deleted")
    assert counting.count(session).is_topic_gone
    keys.set_incarnation(session, "events", Incarnation(1, "another"))
    keys.set_condition(session, "events", "following")
    produce(session, 0, EVENT)
    counts = counting.count(session)
    assert (counts.end, counts.by_type, counts.was_remade) == (1, {"default": 1}, True)
    verdict = judge(counts)
    assert verdict.findings == ()
    assert "made again" in " ".join(verdict.doubts)


def test_offsets_that_start_above_0_have_arrived_once(session: Session) -> None:
    log(session, 1, *[answer()] * 5)
    produce(session, 3, EVENT, EVENT)
    partition = {"partition": 0, "begin": 3, "end": 5}
    keys.set_topics(session, [{"name": "events", "partitions": [partition]}])
    counts = counting.count(session)
    assert (counts.begin, counts.end, counts.records, counts.topic_gap) == (3, 5, 2, 0)
    assert judge(counts).findings == ()


def test_a_record_by_hand_is_no_loss(session: Session) -> None:
    log(session, 1, answer())
    produce(session, 0, EVENT, '{"event_type": "by hand"}')
    verdict = judge(counting.count(session))
    assert verdict.findings == ()
    assert "by hand" in " ".join(verdict.notes)


def test_a_curl_in_a_terminal_is_counted_from_the_log(session: Session) -> None:
    log(session, 1, answer())
    produce(session, 0, EVENT)
    verdict = judge(counting.count(session))
    assert "terminal" in " ".join(verdict.notes)
    assert verdict.state == "unsure"


def test_a_call_that_found_nobody_is_told(session: Session) -> None:
    said = f"$ {CURL}\ncurl: (7) Failed to connect\n"
    failed = {"error_details": {"cause": NOTHING_LISTENS.name}, "output": said}
    at = "2026-01-01T00:00Z"
    done(session, "call", "failed", params={"commands": [CURL, SWORD]}, finished_at=at, **failed)
    finding = judge(counting.count(session)).findings[0]
    assert (finding.hop, finding.count) == ("flask", 1)
    assert "nobody listening" in finding.what


def test_what_a_drill_has_cost_is_named_by_its_hop_and_likely_cause(session: Session) -> None:
    log(session, 1, answer(), answer())
    produce(session, 0, '{"event_type": "default"}')
    fault = Fault.objects.create(session=session, generation=1, does="cut-short", target="flask")
    assert counting.count(session).servers_killed == 0  # It is only asked for.
    Fault.objects.filter(pk=fault.pk).update(done_at=timezone.now())
    verdict = judge(counting.count(session))
    (found,) = verdict.findings
    assert (found.hop, found.count) == ("kafka", 1)
    assert "answers before its producer has flushed" in found.why


def test_a_line_that_has_just_come_lets_it_wait(session: Session) -> None:
    log(session, 1, answer(), at=time.time())
    counts = counting.count(session)
    assert counts.is_settling
    assert judge(counts).state == "settling"


def test_the_newest_extraction_on_this_cluster_counts(session: Session) -> None:
    produce(session, 0, *[EVENT] * 4)
    log(session, 1, *[answer()] * 4)
    for generation, rows in ((1, 2), (1, 3), (0, 9)):
        run = done(session, "extract", generation=generation, finished_at="2026-01-01T00:00Z")
        Extraction.objects.create(
            session=session, step_run=run, has_table=True, row_count=rows, topic="events", records=3
        )
    counts = counting.count(session)
    assert (counts.rows, counts.rows_of) == (3, 3)
    assert [each.hop for each in judge(counts).findings] == ["spark"]
    done(session, "extract", "running")
    assert judge(counting.count(session)).findings == ()


def test_a_table_that_was_shown_as_text_is_not_counted_and_not_denied(session: Session) -> None:
    produce(session, 0, *[EVENT] * 4)
    assert not counting.count(session).is_shown
    for generation in (0, 1):
        run = done(session, "extract", generation=generation)
        Extraction.objects.create(session=session, step_run=run, has_table=True, row_count=2)
        assert counting.count(session).is_shown == (generation == 1)
    counts = counting.count(session)
    assert counts.rows is None
    assert judge(counts).findings == ()


def test_of_two_extractions_at_once_the_one_that_was_begun_last_counts(session: Session) -> None:
    produce(session, 0, *[EVENT] * 4)
    log(session, 1, *[answer()] * 4)
    ended = "2026-01-01T00:00Z"
    earlier = done(session, "extract", finished_at=ended)
    later = done(session, "extract", finished_at=ended)
    for run, rows in ((later, 4), (earlier, 2)):  # The earlier one took longer to keep.
        Extraction.objects.create(
            session=session,
            step_run=run,
            has_table=True,
            row_count=rows,
            topic="events",
            records=rows,
        )
    counts = counting.count(session)
    assert (counts.rows, counts.rows_of) == (4, 4)
    assert judge(counts).findings == ()


@pytest.mark.parametrize(
    "text", ['"', '"GET " 999', 'x "GET / HTTP/1.1" 2000 -', '"\x00\x1b" 400 -', "{}" * 4000]
)
def test_a_hostile_log_breaks_nothing(session: Session, text: str) -> None:
    log(session, 1, text)
    assert counting.count(session).answered == 0


@pytest.mark.parametrize("value", ["[" * 60_000, '{"event_type": {}}', "NaN", "null", ""])
def test_hostile_records_break_nothing(session: Session, value: str) -> None:
    produce(session, 0, value)
    assert counting.count(session).end == 1


def test_too_many_kinds_are_counted_together(session: Session) -> None:
    produce(session, 0, *[json.dumps({"event_type": f"t{number}"}) for number in range(200)])
    by_type = counting.count(session).by_type
    assert len(by_type) <= tally.KINDS + 1
    assert sum(by_type.values()) == 200


def test_the_fragment_is_for_those_who_may_see(session: Session, client: Client) -> None:
    client.force_login(make_user())
    assert client.get(f"/s/{session.pk}/gap/").status_code == 404
    client.force_login(session.owner)
    produce(session, 0, json.dumps({"event_type": "<script>alert(1)</script>"}))
    page = client.get(f"/s/{session.pk}/gap/").content.decode()
    assert "<script>alert" not in page
    assert 'data-testid="gap-records">1<' in page


def test_a_lab_that_calls_nothing_has_no_meter() -> None:
    assert judge(Counts()).state == "good"
    spec = make_session().spec
    assert counting.has_meter(spec)
    assert not counting.has_meter(spec.model_copy(update={"steps": spec.steps[:3]}))
