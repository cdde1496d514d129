"""The guest's programs, as far as they need no cluster."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.guest import kernel, made, trouble
from portal.engine.guest.plain import TEXT_LIMIT, plain
from portal.engine.guest.statements import split
from portal.engine.guest.topic import Union

WEEK10 = """\
raw_events = spark \\
  .read \\
  .load()\x20
events = raw_events.select(1)

# The first row decides.
events.show()
"""


def echoes(source: str) -> list[str]:
    """What a shell shows of a text being typed."""
    return [each.echo for each in split(source)]


def test_it_cuts_code_as_a_shell_takes_it() -> None:
    assert echoes(WEEK10) == [
        ">>> raw_events = spark \\\n...   .read \\\n...   .load() \n",
        ">>> events = raw_events.select(1)\n",
        ">>> # The first row decides.\n>>> events.show()\n",
    ]


def test_a_block_ends_with_an_empty_line() -> None:
    assert echoes("for x in y:\n    print(x)\nz") == [
        ">>> for x in y:\n...     print(x)\n... \n",
        ">>> z\n",
    ]


def test_a_decorator_belongs_to_its_function() -> None:
    assert echoes("@f\ndef g(): pass") == [">>> @f\n... def g(): pass\n... \n"]


def test_two_statements_on_a_line_are_shown_once() -> None:
    assert echoes("a = 1; b = 2") == [">>> a = 1; b = 2\n", ""]


def test_a_text_with_a_mistake_is_not_cut() -> None:
    with pytest.raises(SyntaxError) as caught:
        split("a = 1\nb = (\n", "<stdin>")
    assert caught.value.filename == "<stdin>"
    assert caught.value.lineno == 2


@given(st.text(alphabet="ab=1;:#\n\\ ()if", max_size=40))
def test_every_statement_is_cut_out_once_or_nothing_is(source: str) -> None:
    try:
        found = split(source)
    except (SyntaxError, ValueError):
        return
    assert [each.index for each in found] == list(range(len(found)))


WORKER = """An error occurred while calling o1.collect.
: org.apache.spark.SparkException: Job aborted due to stage failure: … PythonException: Traceback \
(most recent call last):
  File "/opt/venv/lib/pyspark/worker.py", line 1, in main
    process()
  File "<stdin>", line 2, in <lambda>
json.decoder.JSONDecodeError: Expecting value: line 1 column 1 (char 0)
 SQLSTATE: 38000
\tat org.apache.spark.api.python.BasePythonRunner.x(PythonRunner.scala:1)
Caused by: java.io.IOException: gone
\t... 3 more
"""


def raised(code: str, name: str = "<stdin>") -> BaseException:
    """What a piece of a student's code raises."""
    try:
        exec(compile(code, name, "exec"), {"worker": WORKER})
    except Exception as error:
        return error
    raise AssertionError("nothing was raised")


def test_an_error_of_a_worker_is_told_by_its_own_name_and_line() -> None:
    told = trouble.describe(raised("\nraise RuntimeError(worker)"), "<stdin>")
    assert (told["name"], told["message"]) == (
        "JSONDecodeError",
        "Expecting value: line 1 column 1 (char 0)",
    )
    assert told["line"] == 2
    assert told["causes"] == ["java.io.IOException"]
    assert 'File "<stdin>", line 2, in <lambda>' in told["traceback"]
    assert "org.apache" not in told["traceback"]
    assert told["traceback"].endswith("JSONDecodeError: Expecting value: line 1 column 1 (char 0)")


def test_an_error_names_the_innermost_line_of_the_students_code() -> None:
    told = trouble.describe(raised("def f():\n    return 1 / 0\nf()"), "<stdin>")
    assert (told["name"], told["line"]) == ("ZeroDivisionError", 2)


def test_a_syntax_error_has_its_line() -> None:
    told = trouble.describe(raised("a = 1\nb = ("), "<stdin>")
    assert (told["name"], told["line"]) == ("SyntaxError", 2)
    assert told["message"] == "'(' was never closed"


@given(st.text())
def test_any_text_of_an_error_can_be_told(text: str) -> None:
    told = trouble.describe(RuntimeError("Traceback (most recent call last):" + text), "<stdin>")
    name = json.loads(json.dumps(told))["name"]
    # A text that reads as a worker's error is told by that one's name.
    assert name == "RuntimeError" or name in text


@dataclass
class Record:
    """A record as kafka-python gives it."""

    value: bytes | None
    offset: int = 0
    partition: int = 0
    timestamp: int = 1


def union_of(*values: bytes | None, limit: int = 100) -> Union:
    """The union of records with these values."""
    made = Union(limit)
    for offset, value in enumerate(values):
        made.add(Record(value, offset))
    return made


OLD, NEW = b'{"event_type": "default"}', b'{"Host": "x", "event_type": "default"}'


def test_the_union_has_every_key_and_tells_which_the_table_lacks_and_why() -> None:
    report = union_of(OLD, NEW, NEW).report(["event_type"])
    assert report["columns"] == ["event_type", "Host"]
    assert report["dropped"] == [{"column": "Host", "rows_with_it": 2, "first_offset": 1}]
    assert "first row, at offset 0" in report["reason"]


def test_it_does_not_blame_the_first_row_where_that_explains_nothing() -> None:
    report = union_of(NEW, OLD).report(["event_type"])
    assert report["dropped"][0]["column"] == "Host"
    assert "the code chose" in report["reason"]


def test_nothing_is_dropped_where_there_is_no_table() -> None:
    report = union_of(OLD, NEW).report(None)
    assert (report["dropped"], report["reason"]) == ([], "")


def test_it_counts_what_is_no_object_and_keeps_samples() -> None:
    report = union_of(b"hello", b"[1]", None, b"\xff", OLD, *[b"x"] * 9).report(None)
    assert (report["not_json"], report["not_object"], report["records"]) == (12, 1, 14)
    assert [each["text"] for each in report["samples"]["not_json"][:3]] == [
        "hello",
        "(no value)",
        "\ufffd",
    ]
    assert len(report["samples"]["not_json"]) == 5
    assert report["truncated"] is False


def test_it_keeps_no_more_rows_than_asked_for() -> None:
    report = union_of(OLD, OLD, NEW, limit=2).report(None)
    assert (len(report["rows"]), report["records"], report["truncated"]) == (2, 3, True)
    assert report["columns"] == ["event_type", "Host"]


@given(st.lists(st.binary(max_size=60) | st.none()))
def test_any_records_make_a_union_that_can_be_told(values: list[bytes | None]) -> None:
    report = union_of(*values).report(["a"])
    json.dumps(report, allow_nan=False)
    assert report["records"] == len(values)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
)


@given(ANYTHING)
def test_anything_becomes_plain_and_stays_so(value: Any) -> None:
    once = plain(value)
    json.dumps(once, allow_nan=False).encode()
    assert plain(once) == once


def test_what_is_long_or_deep_is_cut() -> None:
    cut = plain("x" * 10_000)
    assert len(cut) == TEXT_LIMIT
    assert cut.endswith("x… (10000 characters)")
    assert plain(cut) == cut
    deep: list[Any] = []
    for _ in range(100):
        deep = [deep]
    assert "…" in json.dumps(plain(deep), ensure_ascii=False)


def test_a_kernel_that_never_started_is_not_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_KERNEL_DIR", str(tmp_path / "kernel"))
    assert kernel.pid() is None
    assert not kernel.is_alive()
    kernel.prepare()
    assert kernel.pid() == os.getpid()
    assert kernel.is_alive()
    assert not kernel.is_ready()
    kernel.declare_ready()
    assert kernel.is_ready()
    kernel.prepare()
    assert not kernel.is_ready()


def test_a_kernel_whose_process_is_gone_is_not_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLUICE_KERNEL_DIR", str(tmp_path))
    (tmp_path / "pid").write_text("4194305")  # One more than Linux ever gives.
    assert not kernel.is_alive()
    (tmp_path / "pid").write_text("nonsense")
    assert not kernel.is_alive()
    kernel.interrupt()


def test_a_name_that_now_stands_for_none_is_new_where_there_was_no_such_name() -> None:
    made.begin({"kept": None, "five": 5})
    now = {"kept": None, "five": 5, "shown": None, "other": 7}
    assert [name for name in now if made.is_new(now, name)] == ["shown", "other"]
    made.begin({})
