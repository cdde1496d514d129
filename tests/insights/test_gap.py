"""What the gap meter makes of counts: the hop that lost something, or that it can't know."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.insights.counts import Counts
from portal.insights.gap import judge

SMALL = st.integers(0, 50)
NUMBERS = (
    *("sent", "refused", "answered", "redirected", "not_found", "failed", "log_gap", "begin"),
    *("end", "not_json", "not_object", "topic_gap", "servers_ended", "rows_bad"),
)
CLAIMS = (
    *("has_topic", "was_remade", "is_topic_gone"),
    *("is_sending", "is_settling", "is_extracting"),
)
ANY = st.builds(
    Counts,
    **dict.fromkeys(NUMBERS, SMALL),
    **dict.fromkeys(CLAIMS, st.booleans()),
    rows=st.none() | SMALL,
    rows_of=st.none() | SMALL,
)


def whole(count: int) -> Counts:
    """A pipeline that has lost nothing of so many."""
    return Counts(sent=count, answered=count, end=count, rows=count, rows_of=count)


@given(ANY)
def test_it_has_words_for_any_counts(counts: Counts) -> None:
    verdict = judge(counts)
    assert verdict.state in ("good", "loss", "unsure", "settling")
    assert all(each.count > 0 and each.what and each.why for each in verdict.findings)
    assert verdict.hops <= {"flask", "kafka", "spark"}


@given(SMALL)
def test_nothing_lost_is_good(count: int) -> None:
    verdict = judge(whole(count))
    assert (verdict.state, verdict.findings, verdict.notes) == ("good", (), ())


@given(SMALL, st.integers(1, 50))
def test_a_loss_at_one_hop_is_named_there_with_its_size(count: int, lost: int) -> None:
    all_of = count + lost
    planted = {
        "flask": replace(whole(count), sent=all_of),
        "kafka": replace(whole(count), sent=all_of, answered=all_of),
        "spark": replace(whole(count), sent=all_of, answered=all_of, end=all_of),
    }
    for hop, counts in planted.items():
        verdict = judge(counts)
        assert verdict.hops == {hop}
        assert sum(each.count for each in verdict.findings) == lost


@given(st.integers(1, 50), SMALL)
def test_every_bad_answer_is_accounted_for(bad: int, good: int) -> None:
    counts = replace(whole(good), sent=good + 3 * bad, failed=bad, not_found=bad, refused=bad)
    verdict = judge(counts)
    assert verdict.hops == {"flask"}
    assert [each.count for each in verdict.findings] == [bad, bad, bad]
    assert "500" in verdict.findings[0].what


@given(SMALL, st.integers(1, 50))
def test_records_that_are_no_json_are_named(good: int, bad: int) -> None:
    all_of = good + bad
    counts = replace(whole(all_of), rows=None, rows_bad=bad)
    findings = judge(counts).findings
    assert [(each.hop, each.count) for each in findings] == [("spark", bad)]
    assert "JSON" in findings[0].what


@given(SMALL, st.integers(1, 50))
def test_a_topic_that_begins_later_has_lost_nothing_on_the_way(kept: int, deleted: int) -> None:
    all_of = kept + deleted
    counts = Counts(sent=all_of, answered=all_of, begin=deleted, end=all_of)
    verdict = judge(replace(counts, rows=kept, rows_of=kept))
    assert verdict.findings == ()
    assert str(deleted) in " ".join(verdict.doubts)


@given(ANY)
def test_it_does_not_compare_what_it_cannot_know(counts: Counts) -> None:
    remade = judge(replace(counts, was_remade=True))
    assert not remade.hops & {"kafka", "spark"}
    assert remade.doubts
    trimmed = judge(replace(counts, log_gap=5))
    assert "kafka" not in trimmed.hops
    assert not any("no line in the log" in each.what for each in trimmed.findings)


@given(ANY)
def test_it_waits_for_what_is_under_way(counts: Counts) -> None:
    for busy in (replace(counts, is_sending=True), replace(counts, is_settling=True)):
        verdict = judge(busy)
        assert not verdict.hops & {"kafka", "spark"}
        at_rest = replace(busy, is_sending=False, is_settling=False, is_extracting=False)
        assert verdict.state in ("loss", "settling") or verdict == judge(at_rest)
    assert judge(replace(counts, is_unread=True)).state in ("loss", "settling")
    assert "spark" not in judge(replace(counts, is_extracting=True)).hops


@given(SMALL, st.booleans(), st.booleans())
def test_where_all_has_come_nothing_is_waited_for(count: int, sends: bool, settles: bool) -> None:
    busy = replace(whole(count), is_sending=sends, is_settling=settles)
    assert judge(busy).state == "good"


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        (replace(whole(5), sent=3), "terminal"),
        (replace(whole(5), sent=3, answered=3), "by hand"),
        (replace(whole(5), rows=7), "by its code"),
        (replace(whole(2), rows_of=4, rows=4), "has no more"),
    ],
)
def test_more_than_before_is_explained_and_no_loss(counts: Counts, words: str) -> None:
    verdict = judge(counts)
    assert verdict.findings == ()
    assert words in " ".join(verdict.notes)


def test_the_reason_depends_on_whether_a_server_was_ended() -> None:
    counts = replace(whole(3), answered=4, sent=4)
    assert "without sending" in judge(counts).findings[0].why
    assert "flushed" in judge(replace(counts, servers_ended=1)).findings[0].why
    assert "flushed" in judge(replace(counts, servers_killed=1)).findings[0].why
    assert "another session" in judge(Counts(sent=1)).findings[0].why


def test_what_traces_prove_is_said_instead_of_what_is_likely() -> None:
    said = "The 3rd of 16 calls (GET /) got a 500 at line 14 of your script: nothing was sent."
    (failed,) = judge(Counts(sent=1, failed=1, troubles=(said,))).findings
    assert failed.why == said
    lost = replace(whole(3), end=2, rows_of=2, rows=2)
    (by_kafka,) = judge(replace(lost, losses=("It was lost.",))).findings
    assert by_kafka.why == "It was lost."
    (by_script,) = judge(replace(lost, silent=("Nothing was sent.",))).findings
    assert by_script.why.startswith("Nothing was sent. The script answers without sending")
