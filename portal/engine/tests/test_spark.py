"""Cells: what they say is parsed as hostile, and Spark's errors become words for a student."""

import json
from contextlib import suppress
from typing import Any, cast

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.engine import spark
from portal.engine.diagnosis import CellError, explain, memory_bytes
from portal.engine.errors import CommandCancelled, CommandTimedOut, OutOfMemory, Part
from portal.engine.extraction import Dropped, Sample, Union, UnionRow, to_table, to_union
from portal.engine.kinds.spark import Spark
from portal.engine.lines import GarbledReply
from portal.engine.programs import guest
from portal.engine.runtimes.base import ProcessHealth, Runtime
from portal.engine.tests.scripted import ScriptedRuntime, collect

SPEC = Spark(kind="spark", setup="import json", table="extracted_events", topic="events")
DONE = {"type": "done", "ok": True, "seconds": 1.5, "dropped": 0}
TABLE: dict[str, Any] = {
    "type": "table",
    "name": "extracted_events",
    "columns": [{"name": "event_type", "type": "string"}],
    "rows": [["default"], [None]],
    "row_count": 2,
    "seconds": 0.5,
}
UNION: dict[str, Any] = {
    "type": "union",
    "topic": "events",
    "problem": "",
    "columns": ["event_type", "Host"],
    "rows": [{"partition": 0, "offset": 3, "timestamp": 5, "values": {"Host": "x"}}],
    "records": 1,
    "truncated": False,
    "not_json": 0,
    "not_object": 0,
    "samples": {"not_json": [], "not_object": []},
    "dropped": [{"column": "Host", "rows_with_it": 1, "first_offset": 3}],
    "reason": "toDF() took its columns from the first row, at offset 0 of partition 0",
}
ERROR: dict[str, Any] = {"type": "error", "name": "NameError", "message": "name 'x' is not defined"}
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


def script(*messages: dict[str, Any]) -> bytes:
    """Messages as a cell writes them."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in messages)


def run(*messages: dict[str, Any], **runtime: Any) -> spark.SparkOutcome:
    """What becomes of a cell that says these messages."""
    made = cast(Runtime, ScriptedRuntime(script(*messages), **runtime))
    return spark.run_cell(made, "s", SPEC, "code", collect()[1])


def test_it_gives_the_table_and_the_union() -> None:
    outcome = run(TABLE, UNION, DONE)
    assert outcome.ok
    assert outcome.error is None
    assert outcome.seconds == 1.5
    assert outcome.table is not None
    assert outcome.table.rows == (("default",), (None,))
    assert [each.name for each in outcome.table.columns] == ["event_type"]
    assert outcome.union is not None
    assert outcome.union.rows == (UnionRow(0, 3, 5, {"Host": "x"}),)
    assert outcome.union.dropped == (Dropped("Host", 1, 3),)


def test_it_starts_pyspark_and_hands_the_cell_over() -> None:
    made = ScriptedRuntime(script(DONE))
    spark.run_cell(cast(Runtime, made), "s", SPEC, "print(1)", collect()[1], timeout=20)
    assert made.started == [("spark", "pyspark")]
    assert made.begun[0][-1] == "--waited-for", "what it does ahead, the lines do"
    assert made.asked == [guest("cell", "--timeout", "20")]
    request = json.loads(made.stdin[0])
    assert (request["setup"], request["code"]) == ("import json", "print(1)")
    assert (request["table"], request["topic"]) == ("extracted_events", "events")


def test_it_emits_what_the_shell_would_show() -> None:
    made = ScriptedRuntime(
        script(
            {"type": "waiting", "text": "pyspark is starting", "seconds": 0},
            {"type": "waiting", "text": "pyspark is starting", "seconds": 1},
            {"type": "prompt", "text": ">>> x\n"},
            {"type": "result", "text": "5"},
            {"type": "stdout", "text": "out"},
            {"type": "stderr", "text": "err"},
            DONE | {"dropped": 7},
        )
    )
    emitted, emit = collect()
    spark.run_cell(cast(Runtime, made), "s", SPEC, "x", emit)
    assert emitted == [
        ("note", "pyspark is starting …\n"),
        ("stdout", ">>> x\n"),
        ("stdout", "5\n"),
        ("stdout", "out"),
        ("stderr", "err"),
        ("note", "… 7 more characters of output are not shown.\n"),
    ]


def test_a_failed_statement_is_the_outcomes_error_and_the_union_is_there_all_the_same() -> None:
    outcome = run(ERROR | {"line": 2, "traceback": "Traceback"}, UNION, DONE | {"ok": False})
    assert not outcome.ok
    assert str(outcome.error) == "name 'x' is not defined (line 2 of your code)."
    assert outcome.union is not None


def test_a_cell_that_ends_without_a_word_is_no_success() -> None:
    outcome = run(stderr=b"python: No module named guest\n", status=1)
    assert outcome.error is not None
    assert outcome.error.part is Part.PLATFORM
    assert "No module named guest" in str(outcome.error)


def test_a_missing_data_frame_is_named() -> None:
    outcome = run({"type": "no-table", "name": "extracted_events", "is_there": True}, DONE)
    assert "extracted_events is no data frame" in str(outcome.error)


@pytest.mark.parametrize(
    ("started", "words"), [(True, "ended while it ran"), (False, "did not start")]
)
def test_it_says_that_the_kernel_is_gone(started: bool, words: str) -> None:
    gone = script({"type": "kernel-gone", "started": started}, DONE)
    made = cast(Runtime, ScriptedRuntime(gone, gone))
    assert words in str(spark.run_cell(made, "s", SPEC, "code", collect()[1]).error)


def test_a_kernel_that_was_gone_before_the_cell_began_is_started_once_more() -> None:
    made = ScriptedRuntime(script({"type": "kernel-gone", "started": True}, DONE), script(DONE))
    assert spark.run_cell(cast(Runtime, made), "s", SPEC, "code", collect()[1]).ok
    assert made.started == [("spark", "pyspark")] * 2


def test_a_cell_that_had_begun_is_not_run_twice() -> None:
    begun = {"type": "prompt", "text": ">>> x()\n"}
    outcome = run(begun, {"type": "kernel-gone", "started": True}, DONE)
    assert "ended while it ran" in str(outcome.error)


def test_it_raises_when_the_time_is_over() -> None:
    with pytest.raises(CommandTimedOut):
        run({"type": "stopped", "why": "timeout", "survived": True}, DONE | {"ok": False})


@pytest.mark.parametrize("error", [CommandCancelled(), CommandTimedOut(5)])
def test_it_interrupts_the_kernel_when_its_client_was_killed(error: Exception) -> None:
    made = ScriptedRuntime(error=error)
    with pytest.raises(type(error)):
        spark.run_cell(cast(Runtime, made), "s", SPEC, "x", collect()[1])
    assert made.asked[1][:5] == guest("cell", "--interrupt")


def test_it_stops_pyspark_only_where_it_runs() -> None:
    running = ScriptedRuntime(processes=(ProcessHealth("pyspark", "spark", True),))
    spark.stop(cast(Runtime, running), "s")
    assert "--stop" in running.asked[0]
    assert running.interrupted == ["pyspark"]
    ended = ScriptedRuntime(processes=(ProcessHealth("pyspark", "spark", False, -15),))
    spark.stop(cast(Runtime, ended), "s")
    assert not ended.asked


@pytest.mark.parametrize(
    "message",
    [
        {"type": "stdout"},
        {"type": "stdout", "text": 5},
        TABLE | {"columns": "many"},
        TABLE | {"rows": [["too", "many"]]},
        TABLE | {"row_count": 1},
        TABLE | {"row_count": -1},
        TABLE | {"name": None},
        UNION | {"problem": "boredom"},
        UNION | {"samples": []},
        UNION | {"rows": [{"partition": 0}]},
        UNION | {"dropped": [5]},
        ERROR | {"causes": "none"},
    ],
)
def test_it_refuses_what_no_cell_says(message: dict[str, Any]) -> None:
    with pytest.raises(GarbledReply):
        run(message, DONE)


@given(st.dictionaries(st.sampled_from(list(TABLE)), JSON_VALUES))
def test_any_table_is_a_value_error_or_fit_for_a_database(changed: dict[str, Any]) -> None:
    with suppress(ValueError):
        table = to_table(json.loads(json.dumps(TABLE | changed)))
        assert "\\u0000" not in json.dumps(table.rows, allow_nan=False)


@given(st.dictionaries(st.sampled_from(list(UNION)), JSON_VALUES))
def test_any_union_is_a_value_error_or_fit_for_a_database(changed: dict[str, Any]) -> None:
    with suppress(ValueError):
        union = to_union(json.loads(json.dumps(UNION | changed)))
        values = json.dumps([each.values for each in union.rows], allow_nan=False)
        assert "\\u0000" not in values


def test_hostile_values_become_plain() -> None:
    row = ["\ud800", "a\0b", 2**70, float("inf"), {"k\0": [[[]]]}]
    columns = [{"name": str(number), "type": "string"} for number in range(5)]
    table = to_table(TABLE | {"columns": columns, "rows": [row], "row_count": 1})
    assert next(iter(table.rows)) == ("\\ud800", "a\\x00b", str(2**70), "inf", {"k\\x00": [[[]]]})


def topic(**changed: Any) -> Union:
    """What was found in a topic."""
    return to_union(UNION | {"dropped": [], "reason": ""} | changed)


SAMPLE = {"partition": 0, "offset": 7, "text": "oops"}


@pytest.mark.parametrize(
    ("error", "union", "words"),
    [
        (
            CellError("Py4JJavaError", "", 3, java="…UnknownTopicOrPartitionException: no"),
            topic(problem="no-topic", records=0, rows=[]),
            "The topic 'events' does not exist yet (line 3 of your code)",
        ),
        (
            CellError("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)", 3),
            topic(not_json=2, samples={"not_json": [SAMPLE], "not_object": []}),
            "the record at offset 7, the first of 2, reads 'oops'",
        ),
        (
            CellError("JSONDecodeError", "Expecting value", 3),
            None,
            "A record is not JSON (line 3 of your code): Expecting value",
        ),
        (
            CellError("PySparkTypeError", "[CANNOT_INFER_SCHEMA_FOR_TYPE] …", 3),
            topic(not_object=1, samples={"not_json": [], "not_object": [SAMPLE]}),
            "JSON that is no object, and a table needs objects (line 3 of your code): the record "
            "at offset 7, reads 'oops'",
        ),
        (
            CellError(
                "Py4JJavaError", "", 3, java="Job aborted: java.lang.NullPointerException: x"
            ),
            topic(
                not_object=1, samples={"not_json": [], "not_object": [{**SAMPLE, "text": "null"}]}
            ),
            "the record at offset 7, reads 'null'",
        ),
        (
            CellError("ValueError", "RDD is empty", 3),
            topic(records=0, rows=[], columns=[]),
            "The topic 'events' is empty",
        ),
        (CellError("ValueError", "RDD is empty", 3), None, "The RDD is empty"),
        (
            CellError("PySparkValueError", "[CANNOT_INFER_EMPTY_SCHEMA] …", 3),
            topic(columns=[]),
            "an object without keys",
        ),
        (
            CellError("SyntaxError", "invalid syntax", 2),
            None,
            "can't read your code: invalid syntax (line 2 of your code). Nothing of it was run.",
        ),
        (CellError("KeyError", "'a'", 2), None, "KeyError: 'a' (line 2 of your code)"),
        (
            CellError("Py4JJavaError", "", 1, java="KafkaException: No resolvable bootstrap urls"),
            None,
            "can't find the broker",
        ),
        (CellError("Py4JError", "", 1, jvm_status=1), None, "exit status 1"),
    ],
)
def test_it_explains_an_error(error: CellError, union: Union | None, words: str) -> None:
    explained = explain(error, union, "events")
    assert words in str(explained)
    assert explained.advice


NAMES = ("KeyError", "TypeError", "NameError", "ValueError", "Py4JJavaError", "PySparkTypeError")
HOSTILE = st.sampled_from(["[1]", "{}", "-" * 9000 + "1", "[" * 300, "1 - ", "b'a'", "{[]}", "\0"])
SAID = st.text(max_size=30) | HOSTILE | st.sampled_from(["[CANNOT_INFER_SCHEMA_FOR_TYPE] x"])


@given(
    st.builds(
        CellError,
        name=st.sampled_from(NAMES),
        message=SAID,
        line=st.none() | st.integers(0, 9),
        java=SAID,
        in_worker=st.booleans(),
        condition=st.just("") | SAID,
        subject=SAID,
        parameters=st.lists(st.tuples(SAID, SAID), max_size=2).map(tuple),
    )
)
@example(CellError("KeyError", "[1]", 3, in_worker=True))
@example(CellError("KeyError", "-" * 9000 + "1", 3, in_worker=True))
def test_whatever_an_error_says_it_is_explained(error: CellError) -> None:
    """A student raises what they like, and it is no failure of the portal's."""
    with_samples = topic(not_object=1, samples={"not_json": [], "not_object": [SAMPLE]})
    for union in (None, topic(), with_samples):
        assert str(explain(error, union, "events"))


def test_it_tells_how_to_import_json() -> None:
    explained = explain(CellError("NameError", "name 'json' is not defined", 3), None, None)
    assert explained.advice == "Put 'import json' before it."


@pytest.mark.parametrize(
    "error",
    [
        CellError("Py4JJavaError", "", 1, java="java.lang.OutOfMemoryError: …", memory="512m"),
        CellError("Py4JError", "", 1, jvm_status=137, memory="512m"),
    ],
)
def test_it_tells_that_memory_ran_out(error: CellError) -> None:
    explained = explain(error, None, None)
    assert isinstance(explained, OutOfMemory)
    assert explained.limit == 512 * 2**20


@pytest.mark.parametrize(
    ("words", "size"), [("512m", 2**29), ("1G", 2**30), ("", 0), ("lots", 0), ("-1m", 0)]
)
def test_it_reads_javas_sizes(words: str, size: int) -> None:
    assert memory_bytes(words) == size


def test_a_samples_place_names_its_partition_where_there_are_several() -> None:
    union = topic(not_json=1, samples={"not_json": [SAMPLE | {"partition": 2}], "not_object": []})
    assert union.not_json_samples == (Sample(2, 7, "oops"),)
    explained = explain(CellError("JSONDecodeError", "", None), union, "events")
    assert "at offset 7 of partition 2, reads" in str(explained)
