"""What became of requests, from lines that a test makes up."""

from hypothesis import given
from hypothesis import strategies as st

from portal.engine.spans import Begin, End, Landed, Line, Lost, Raised, Sent
from portal.trace.joining import (
    Fate,
    Made,
    Place,
    Proof,
    Request,
    Row,
    Seen,
    add_calls,
    add_rows,
    add_seen,
    requests,
)
from portal.trace.words import ordinal, sentence, troubles

ONE, TWO = "1" * 32, "2" * 32
SPAN, OTHER = "a" * 16, "b" * 16
AT = Place("events", 0, 7, 1500)


def lines(trace: str = ONE, span: str = SPAN, *, at: float = 10.0, port: int = 4000) -> list[Line]:
    """A request that sent one record."""
    return [
        Begin(trace, at, "GET", "/buy", port=port, pid=3),
        Sent(trace, 1, span, at + 0.1, "events", is_marked=True),
        End(trace, at + 0.2, is_request=True, status=200, out_last=at + 0.2),
        Landed(trace, 1, span, at + 0.3, 0, 7, 1500),
    ]


def made(**fields: object) -> Made:
    """A call of the page's."""
    given = {
        "run": 1,
        "step": "call",
        "nth": 3,
        "of": 16,
        "command": "curl",
        "method": "GET",
        "path": "/buy",
        "status": 200,
        "port": 4000,
        "began_at": 9.9,
        "ended_at": 10.3,
    }
    return Made(**{**given, **fields})  # type: ignore[arg-type]


def one(found: list[Request]) -> Request:
    """The only one."""
    (request,) = found
    return request


@given(st.permutations(lines()[1:]))
def test_the_order_of_lines_after_the_first_is_not_what_counts(rest: list[Line]) -> None:
    sent_first = sorted(rest, key=lambda line: isinstance(line, Landed))
    request = one(requests([lines()[0], *sent_first]))
    assert (request.status, request.records[0].place, request.fate) == (200, AT, Fate.RECORD)
    assert request.records[0].proof is Proof.WORD


def test_lines_that_are_told_again_change_nothing() -> None:
    once, twice = requests(lines()), requests([*lines(), *lines()])
    assert once == twice


def test_lines_without_their_beginning_are_no_request() -> None:
    assert requests(lines()[1:]) == []
    assert requests([End(ONE, 1.0, is_request=False)]) == []


def test_a_mark_proves_a_record_and_another_place_of_it_is_a_copy() -> None:
    found = requests(lines())
    again = Place("events", 0, 9, 1700)
    marks = [Seen(AT, ONE, SPAN, 11.0), Seen(AT, ONE, SPAN, 12.0), Seen(again, ONE, SPAN, 13.0)]
    add_seen(found, marks)
    record = found[0].records[0]
    assert (record.proof, record.seen_at, record.copies) == (Proof.HEADER, 11.0, [again])


def test_a_record_that_nobody_confirmed_is_known_by_its_mark() -> None:
    found = requests(lines()[:3])
    assert found[0].fate is Fate.SENT
    add_seen(found, [Seen(AT, ONE, SPAN, 11.0)])
    assert (found[0].fate, found[0].records[0].place) == (Fate.RECORD, AT)


def test_what_stands_now_where_a_record_was_is_not_that_record() -> None:
    found = requests(lines())
    add_seen(found, [Seen(AT, TWO, OTHER, 11.0)])
    assert found[0].records[0].is_gone
    gone = requests(lines())
    add_seen(gone, [Seen(AT, ONE, SPAN, 11.0, is_gone=True)])
    assert gone[0].records[0].is_gone


def test_a_row_is_of_a_record_with_its_own_time_alone() -> None:
    found, elsewhere = requests(lines()), Place("events", 0, 7, 1600)
    add_rows(found, {elsewhere: Row(1, 1, 1, 20.0)})
    assert found[0].records[0].row is None
    add_rows(found, {AT: Row(1, 8, 8, 20.0)})
    assert found[0].fate is Fate.ROW


def test_a_port_that_is_used_again_is_of_the_call_of_its_time() -> None:
    found = requests([*lines(), *lines(TWO, OTHER, at=50.0)])
    later = made(run=2, began_at=49.9, ended_at=50.4)
    assert add_calls(found, [made(), later, made(port=4001), made(port=0)]) == [
        made(port=4001),
        made(port=0),
    ]
    assert [each.call and each.call.run for each in found] == [1, 2]


def test_a_loss_is_told_with_its_call_and_its_line() -> None:
    error = Raised("ValueError", "no sword", "/w205/game.py", 14)
    end = End(ONE, 10.2, is_request=True, status=500, error=error)
    found = requests([lines()[0], end])
    add_calls(found, [made(status=500)])
    assert sentence(one(found)) == (
        "the 3rd of 16 calls (GET /buy) got a 500 at line 14 of your script: nothing was sent"
    )
    assert troubles(found, Fate.ERROR)[0].startswith("The 3rd of 16 calls")
    lost = requests([*lines()[:3], Lost(ONE, 1, SPAN, 40.0, "KafkaTimeoutError: late")])
    assert one(lost).fate is Fate.LOST
    assert "its record was lost: KafkaTimeoutError: late" in sentence(one(lost))


@given(st.integers(1, 200))
def test_a_number_has_its_ending(number: int) -> None:
    ends = {"1": "st", "2": "nd", "3": "rd"}
    is_teen = number % 100 in (11, 12, 13)
    assert ordinal(number)[-2:] == ("th" if is_teen else ends.get(str(number)[-1], "th"))
