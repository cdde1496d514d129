"""Questions: what is an answer, and what is said of one."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from portal.engine.errors import ClusterGone, StepFailed
from portal.engine.kinds.ask import Ask, answers
from portal.engine.kinds.ask.kind import NotJudged
from portal.engine.kinds.job import Evidence, Job
from portal.engine.kinds.perform import perform
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.problems import LabInvalid
from portal.engine.lab.step import NoChoice
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.fake import FakeRuntime, Reply

LAB = """\
name: small
title: Small
summary: Questions.
tools: mids
broker: kafka:29092
services:
  - {name: mids, image: mids}
steps:
  - id: records
    title: Predict
    shows_command: How many records?
    optional: true
    run:
      kind: ask
      asks: number
      of: records
      topic: events
      after: call
      feedback: {high: So many were not sent.}
  - id: call
    title: Call the API
    shows_command: docker-compose exec mids curl x
    run: {kind: exec}
  - id: rows
    title: Rows
    shows_command: How many rows?
    run: {kind: ask, asks: number, of: rows, table: t, service: mids}
  - id: columns
    title: Columns
    shows_command: Which columns?
    run: {kind: ask, asks: columns, of: columns, table: t, service: mids}
  - id: choice
    title: Choose
    shows_command: Who keeps events?
    run:
      kind: ask
      asks: choice
      choices: [Kafka, Flask]
      key: Kafka
      feedback: {answers: {Flask: Flask forgets.}}
  - id: order
    title: Put in order
    shows_command: In which order?
    run:
      kind: ask
      asks: order
      service: mids
      lines: [a = 1, b = a + 1, print(b)]
  - id: words
    title: Say it
    shows_command: What did you not expect?
    run: {kind: ask, asks: text}
"""
SPEC = parse_lab(LAB, dict[str, str]().__getitem__)


def topics(*ends: int, count: int | None = None) -> bytes:
    """What Kafka tells of a topic with a partition for each of these ends."""
    partitions = [[number, 0, end] for number, end in enumerate(ends)]
    told = {"name": "events", "partitions": partitions, "count": count or len(ends)}
    topic = told | {"identity": "", "is_internal": False, "replicas": 1, "configs": {}}
    return json.dumps({"type": "topics", "topics": [topic]}).encode() + b"\n"


def printed(found: object) -> bytes:
    """What pyspark tells of a data frame."""
    said = [
        {"type": "prompt", "text": ">>> print(…)\n"},
        {"type": "stdout", "text": json.dumps({"found": found}) + "\n"},
        {"type": "done", "seconds": 0.1},
    ]
    return b"".join(json.dumps(each).encode() + b"\n" for each in said)


class Asked:
    """A step that is answered on a cluster whose programs say only this."""

    def __init__(self, step_id: str, reply: Reply, params: Mapping[str, Any]):
        runtime = FakeRuntime(replies=lambda service, argv: reply)
        for _ in runtime.up(ClusterSpec("s", SPEC.services, SPEC.tools, {})):
            pass
        self.said = b""
        self.given: list[object] = []
        self.runtime = runtime
        self.job = Job(
            runtime,
            "s",
            SPEC,
            SPEC.step(step_id),
            params,
            self.write,
            lambda: False,
            self.given.append,
        )

    def write(self, stream: str, data: bytes) -> None:
        self.said += data


def ask(
    step_id: str, answer: object, stdout: bytes = b"", status: int = 0, **more: object
) -> Asked:
    """The step, answered."""
    return Asked(step_id, Reply(stdout, status=status), {"answer": answer, **more})


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(["", " ", "\t"]))
def test_a_number_is_read_as_people_write_it(number: int, around: str) -> None:
    for text in (str(number), f"{number:,}", f"{number:_}"):
        assert answers.number(around + text + around) == number


@given(st.text(max_size=50))
def test_what_is_no_number_is_refused_in_words(text: str) -> None:
    if answers.NUMBER.fullmatch(text.strip()):
        assert abs(answers.number(text)) < 10**15
        return
    with pytest.raises(NoChoice, match="number"):
        answers.number(text)


@pytest.mark.parametrize("text", ["three", "1.5", "12 records", "1,2", "٣", "", "9" * 40, "0x10"])
def test_words_where_a_number_is_asked_are_no_answer(text: str) -> None:
    with pytest.raises(NoChoice, match="as in 12"):
        SPEC.step("records").run.params({"answer": text})


def test_only_a_choice_that_is_offered_is_one() -> None:
    run = SPEC.step("choice").run
    assert run.params({"answer": "Kafka"}) == {"answer": "Kafka"}
    for text in ("", "kafka", "Redis"):
        with pytest.raises(NoChoice, match="Choose one"):
            run.params({"answer": text})


def test_columns_are_read_in_any_order_and_once() -> None:
    run = SPEC.step("columns").run
    assert run.params({"answer": " b, 'a'\nb,"}) == {"answer": ["b", "a"]}
    for text in (" , ", "x" * 5000, ",".join(map(str, range(101)))):
        with pytest.raises(NoChoice):
            run.params({"answer": text})


def test_an_answer_that_the_cluster_agrees_with_is_right() -> None:
    asked = ask("records", 5, topics(2, 3))
    assert perform(asked.job).evidence.found == 5
    assert b"the topic events has 5 records" in asked.said


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0, "more than nothing"),
        (2, "when you first answered"),
        (4, "Off by one"),
        (6, "So many were not sent"),
        (9, "So many were not sent"),
    ],
)
def test_what_is_said_of_a_wrong_number_fits_the_mistake(answer: int, words: str) -> None:
    with pytest.raises(StepFailed, match=f"has 5 records.*{words}"):
        perform(ask("records", answer, topics(5), before=2).job)


def test_a_prediction_is_kept_with_what_was_so_then() -> None:
    asked = ask("records", 0, topics(0), is_early=True)
    with pytest.raises(NotJudged, match=r"Your answer, 0, is kept\. Once “Call the API”"):
        perform(asked.job)
    assert asked.given == [Evidence(found=0)]


@pytest.mark.parametrize(
    ("stdout", "status", "words"),
    [
        (b"", 1, "did not answer"),
        (b'{"type": "topics", "topics": []}\n', 0, "no topic events"),
        (topics(5, count=2), 0, "Not every partition"),
        (b"garbage\n", 0, "not known"),
        (b'{"type": "topics", "topics": [7]}\n', 0, "not known"),
    ],
)
def test_nobody_is_right_or_wrong_where_kafka_does_not_say(
    stdout: bytes, status: int, words: str
) -> None:
    with pytest.raises(NotJudged, match=words):
        perform(ask("records", 5, stdout, status).job)


def test_a_cluster_that_is_gone_says_nothing() -> None:
    asked = ask("records", 5, topics(5))
    asked.runtime.down("s")
    with pytest.raises(ClusterGone):
        perform(asked.job)


@pytest.mark.parametrize(("answer", "is_right"), [(3, True), (4, False)])
def test_rows_are_those_that_pyspark_counts(answer: int, is_right: bool) -> None:
    asked = ask("rows", answer, printed(3))
    if is_right:
        perform(asked.job)
        return
    with pytest.raises(StepFailed, match="the table t has 3 rows"):
        perform(asked.job)


def test_columns_are_those_of_the_table_in_any_order() -> None:
    perform(ask("columns", ["b", "a"], printed(["a", "b"])).job)
    with pytest.raises(StepFailed, match="There is no c"):
        perform(ask("columns", ["a", "c"], printed(["a", "b"])).job)
    with pytest.raises(StepFailed, match="1 more would have"):
        perform(ask("columns", ["a"], printed(["a", "b"])).job)


@pytest.mark.parametrize("found", ["3", True, -1, None, [1], {"a": 1}, 10**30])
def test_nonsense_of_pyspark_judges_nobody(found: object) -> None:
    with pytest.raises(NotJudged, match="no sense"):
        perform(ask("rows", 3, printed(found)).job)


def test_a_pyspark_that_is_gone_judges_nobody() -> None:
    said = [{"type": "kernel-gone", "started": False}, {"type": "done", "seconds": 0.1}]
    told = b"".join(json.dumps(each).encode() + b"\n" for each in said)
    with pytest.raises(NotJudged, match=r"pyspark does not say what t\.count\(\) is"):
        perform(ask("rows", 3, told).job)


def test_a_key_judges_without_being_told() -> None:
    perform(ask("choice", "Kafka").job)
    with pytest.raises(StepFailed, match=r"^You said Flask\. Flask forgets\.$"):
        perform(ask("choice", "Flask").job)


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"asks": "number"}, "of"),
        ({"asks": "number", "key": 1, "of": "records", "topic": "t"}, "key"),
        ({"asks": "number", "key": "one"}, "key"),
        ({"asks": "number", "key": 1, "choices": ["a", "b"]}, "choices"),
        ({"asks": "choice", "choices": ["a"], "key": "a"}, "choices"),
        ({"asks": "choice", "choices": ["a", "b"], "key": "c"}, "key"),
        ({"asks": "columns", "of": "rows", "table": "t"}, "of"),
        ({"asks": "columns", "key": []}, "key"),
        ({"asks": "number", "of": "records"}, "topic"),
        ({"asks": "number", "of": "rows"}, "table"),
        ({"asks": "number", "of": "rows", "table": "t; exit()"}, "table"),
    ],
)
def test_a_question_that_nothing_can_decide_is_refused(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Ask.model_validate({"kind": "ask", **given})
    assert key in {each["loc"][0] for each in caught.value.errors()}


@pytest.mark.parametrize("key", [8.5, {"a": 1}, [1, 2]])
def test_a_key_that_is_none_is_one_mistake(key: object) -> None:
    with pytest.raises(ValidationError, match="must be a whole number, as 5") as caught:
        Ask.model_validate({"kind": "ask", "asks": "number", "key": key})
    assert [each["loc"] for each in caught.value.errors()] == [("key",)]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("after: call", "after: cal", 18, "no other step is called 'cal'"),
        ("after: call", "after: records", 18, "no other step is called 'records'"),
        ("asks: choice\n", "asks: choise\n", 37, "must be"),
        ("optional: true", "optional: true\n    weight: 2", 13, "weighs nothing"),
        ("run: {kind: exec}", "run: {kind: exec}\n    needs: [records]", 24, "is optional"),
        ("service: mids}", "service: spark}", 27, "no service is called 'spark'"),
    ],
)
def test_mistakes_in_a_question_are_told_where_they_are(
    old: str, new: str, line: int, words: str
) -> None:
    with pytest.raises(LabInvalid) as caught:
        parse_lab(LAB.replace(old, new, 1), dict[str, str]().__getitem__)
    assert [each.line for each in caught.value.problems if words in each.message] == [line]


def test_an_optional_step_weighs_nothing_and_need_not_be_done() -> None:
    assert SPEC.step("records").weight == 0
    assert "records" not in SPEC.steps_to_finish
    assert SPEC.step("rows").weight == 1
    assert "rows" in SPEC.steps_to_finish


def test_lines_are_shown_in_another_order_and_answered_by_their_places() -> None:
    run = SPEC.step("order").run
    assert isinstance(run, Ask)
    assert sorted(run.shuffled) == sorted(run.lines)
    assert run.shuffled != run.lines
    assert run.params({"answer": "2,0,1"}) == {"answer": [2, 0, 1]}
    first, second, third = run.shuffled
    assert run.said_in({"answer": [2, 0, 1]}) == f"{third}\n{first}\n{second}"
    assert run.said_in({}) == ""


@pytest.mark.parametrize("text", ["", "0,1", "0,1,1", "0,1,3", "a", "0,1,2,", "-1,0,1", "0," * 500])
def test_an_order_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(NoChoice, match="Put the lines in order first"):
        SPEC.step("order").run.params({"answer": text})


def test_words_are_kept_and_not_judged() -> None:
    run = SPEC.step("words").run
    assert run.params({"answer": " Hm.\r\nOdd. "}) == {"answer": "Hm.\nOdd."}
    for text, words in (("  ", "Write something first"), ("x" * 4001, "at most 4000")):
        with pytest.raises(NoChoice, match=words):
            run.params({"answer": text})
    asked = ask("words", "<b>Odd</b>")
    perform(asked.job)
    assert b"Kept for your instructor." in asked.said


@pytest.mark.parametrize(
    ("run", "words"),
    [
        ("asks: order, lines: [a]", "two lines or more"),
        ("asks: order, lines: [a, a]", "each another"),
        ("asks: order, lines: [a, b], key: a", "nothing else decides"),
        ("asks: text, key: a", "nothing else decides"),
        ("asks: text, lines: [a, b]", "only a step that asks for an order"),
        ("asks: number, key: 3, lines: [a, b]", "only a step that asks for an order"),
        ("asks: text, table: t", "nothing else does"),
    ],
)
def test_what_an_order_or_a_text_can_not_have_is_told(run: str, words: str) -> None:
    wrong = LAB.replace("asks: text", run)
    with pytest.raises(LabInvalid, match=words):
        parse_lab(wrong, dict[str, str]().__getitem__)
