"""Texts made to take for ever: each is read, compared and shown in a bounded number of steps."""

import ast
import io
import json
import sys
import zipfile
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.catalog.folders import NoFolder, read_zip
from portal.catalog.markdown import Page, render
from portal.engine.differing import Matcher, TooMuch, grouped, opcodes
from portal.engine.kinds.spark.lines import as_typed, with_earlier
from portal.engine.lab.marked import MAX_NODES, NotPlain, compose
from portal.engine.lab.parse import parse_lab
from portal.engine.lab.pictures import LONGEST_TEXT
from portal.engine.lab.problems import MAX_PROBLEMS, LabInvalid
from portal.engine.lines import parse_message
from portal.engine.topics import read_topics
from portal.insights.views import within
from portal.naming import as_attachment
from portal.results.compare import changes


class Calls:
    """How many Python functions were called meanwhile: steps that no busy machine makes more."""

    def __init__(self) -> None:
        self.count = 0

    def _note(self, frame: FrameType, event: str, argument: Any) -> None:
        self.count += event in ("call", "c_call")

    def __enter__(self) -> "Calls":
        sys.setprofile(self._note)
        return self

    def __exit__(self, *args: object) -> None:
        sys.setprofile(None)


def steps_of(code: str) -> int:
    """What it takes to type some lines."""
    with Calls() as calls:
        as_typed(code)
    return calls.count


@pytest.mark.parametrize("line", ["x = 1\n", "x = 1; ", "if x:\n    y = 2\n"])
def test_twice_as_many_statements_take_about_twice_the_steps(line: str) -> None:
    assert steps_of(line * 2000) < 2.5 * steps_of(line * 1000)


def test_many_statements_are_split_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("it splits the whole text for each statement")

    monkeypatch.setattr(ast, "get_source_segment", never)

    assert as_typed("x = 1\n" * 6000) == "\n".join(["x = 1"] * 6000)


def test_what_comes_along_with_a_cell_is_bounded() -> None:
    large = "y = 1\n# " + "x" * 60_000

    typed = with_earlier([f"{large}\na{n} = a{n + 1}" for n in reversed(range(100))], "a0")

    assert len(typed) < 300_000


def test_a_script_that_is_too_long_is_not_even_made() -> None:
    made = []

    def pieces() -> Any:
        for number in range(1000):
            made.append(number)
            yield "x" * 100

    assert list(within(pieces(), 250, "the rest is left out"))[-1] == "the rest is left out"
    assert len(made) == 3


def test_equal_lines_end_a_comparison_in_bounded_steps() -> None:
    a, b = ["x", "y"] * 5000, ["y", "x", "x"] * 4000

    with pytest.raises(TooMuch):
        Matcher(a, b, most=100_000).get_opcodes()

    assert opcodes(["start", *a, "end"], ["start", *b, "end"], most=100_000) == [
        ("equal", 0, 1, 0, 1),
        ("replace", 1, len(a) + 1, 1, len(b) + 1),
        ("equal", len(a) + 1, len(a) + 2, len(b) + 1, len(b) + 2),
    ]


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")), st.integers(0, 60))
def test_however_it_is_cut_short_a_comparison_makes_the_one_of_the_other(
    a: list[str], b: list[str], most: int
) -> None:
    made: list[str] = []
    for tag, i1, i2, j1, j2 in opcodes(a, b, most):
        made += a[i1:i2] if tag == "equal" else b[j1:j2]

    assert made == b
    assert bool(grouped(opcodes(a, b, most), 3)) is (a != b)


def test_codes_that_share_no_line_are_compared_at_once() -> None:
    left = "\n".join(f"a{n} = {n}" for n in range(4000))
    right = "\n".join(f"b{n} = {n}" for n in range(4000))

    with Calls() as calls:
        found = changes(left, right)

    assert len(found) == 8000
    assert calls.count < 200_000


def test_markdown_longer_than_any_page_is_shown_as_it_was_written() -> None:
    text = "[<b>" * LONGEST_TEXT

    assert render(text).startswith("<pre>[&lt;b&gt;")


def test_of_very_many_notes_on_a_page_the_rest_is_shown_as_it_was_written() -> None:
    page = Page()

    shown = [page.render("**n**" * 4000) for _ in range(100)]

    assert 10 < sum("<strong>" in each for each in shown) < 20
    assert all(each.startswith("<pre>") for each in shown[20:])


@pytest.mark.parametrize("piece", ["{},", "[],", "a,", "{a: b},"])
def test_a_definition_of_very_many_values_is_refused_at_once(piece: str) -> None:
    text = "[" + piece * (450_000 // len(piece)) + "]"

    with Calls() as calls, pytest.raises(NotPlain, match="too many"):
        compose(text)

    assert calls.count < 300 * MAX_NODES


def test_of_very_many_mistakes_some_are_told() -> None:
    text = "name: a\nsteps: [" + "{title: '', hints: [], needs: []}," * 2000 + "]"

    with pytest.raises(LabInvalid) as caught:
        parse_lab(text, lambda name: "")

    assert len(caught.value.problems) <= MAX_PROBLEMS


@pytest.mark.parametrize("packing", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_zip_that_can_only_be_unpacked_whole_is_refused(packing: int) -> None:
    with pytest.raises(NoFolder, match="plain zip"):
        read_zip(zipped({"lab.yaml": "x" * 1000}, packing))


def test_a_zip_is_counted_while_it_is_unpacked() -> None:
    files = {f"{n}.txt": "x" * 500_000 for n in range(40)}

    with pytest.raises(NoFolder, match="more than 16 MB"):
        read_zip(zipped({"lab.yaml": "name: x", **files}, zipfile.ZIP_DEFLATED))


def zipped(files: dict[str, str], packing: int) -> bytes:
    """A zip of some files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", packing) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


@pytest.mark.parametrize("name", ['a"b', "a\nb", "a\r\nX: y", "ü", "", ".", "..", "x" * 250, "a/b"])
def test_a_topic_of_a_name_that_kafka_has_not_is_refused(name: str) -> None:
    topic = {"name": name, "identity": "", "partitions": [], "count": 0, "replicas": 1}

    with pytest.raises(Exception, match="nonsense"):
        read_topics({"type": "topics", "topics": [{**topic, "configs": {}}]})


@given(st.text())
def test_whatever_a_file_is_called_its_header_is_one_line(name: str) -> None:
    header = as_attachment(name)

    assert header.startswith("attachment; filename")
    assert header.isprintable()
    assert header.isascii()
    assert header.count('"') - header.count('\\"') in (0, 2)


@pytest.mark.parametrize("number", ["9" * 400, "-" + "9" * 400, "9" * 5000, "1e999", "-1e999"])
@pytest.mark.parametrize("message", ['{"type": "x", "n": %s}', '{"type": "x", "n": [[{"a": %s}]]}'])
def test_a_number_that_no_column_holds_is_no_message(number: str, message: str) -> None:
    with pytest.raises(ValueError, match=r"too large|Exceeds"):
        parse_message((message % number).encode())


def test_the_largest_number_of_an_honest_program_is_read() -> None:
    found = parse_message(json.dumps({"type": "x", "n": -(2**63)}).encode())

    assert found["n"] == -(2**63)
