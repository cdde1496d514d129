"""Code pasted from notes runs; code that is Python is never touched."""

import ast
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Done, StepSpec
from portal.engine.pasted import REPAIRS, mended

END = r"\r\n|\r|\n"
LINES = 'x = spark \\\n  .read \\\n  .option("a", "b")\nfor i in x:\n    print(i)\n\ny = 1'


def prompted(text: str, first: str, more: str) -> str:
    """A text as a shell shows it being typed."""
    made = []
    is_open = False
    for line in text.split("\n"):
        made.append((more if is_open else first) + line)
        is_open = line.endswith(("\\", ":")) or (is_open and bool(line.strip()) and line[0] == " ")
        is_open = is_open and not line.endswith('"b")')
    return "\n".join(made)


NUMBERS = "\n".join(f"{number:>3}  {line}" for number, line in enumerate(LINES.split("\n"), 8))


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (prompted(LINES, ">>> ", "... "), "prompts"),
        (prompted(LINES, "In [3]: ", "   ...: "), "prompts"),
        (NUMBERS, "line numbers"),
        (LINES.replace('"a"', "\u201ca\u201d"), "curly quotes"),
        (
            "\n".join(f" {line}" if line else "" for line in LINES.split("\n")),
            "blanks before lines",
        ),
        (f" {LINES}", "blanks before lines"),
        (LINES.replace("for i", " for i"), "blanks before lines"),
        (LINES.replace("\\\n", "\\  \n"), "blanks after a backslash"),
        (LINES.replace("y = ", "y\u00a0=\u00a0"), "odd spaces"),
        (LINES.replace("y = ", "y\u200b = "), "invisible characters"),
        (f"\ufeff\ufeff{LINES}", "invisible characters"),
        (f"```python\n{LINES}\n```", "Markdown's fences"),
        (f"docker-compose exec spark pyspark\n{LINES}", "the command that opens pyspark"),
        (f"science@w205:~$ docker-compose exec spark pyspark\n{LINES}", "the command that opens"),
        (prompted(LINES, "&gt;&gt;&gt; ", "... "), "signs of HTML"),
        (LINES.replace('"b"', "&quot;b&quot;"), "signs of HTML"),
        (prompted(LINES, ">>> ", "\u2026 "), "prompts"),
        (LINES.replace('"b"', "\uff02b\uff02"), "curly quotes"),
        (f"{LINES}\n".replace("\\\n", "\\\t\r\n"), "blanks after a backslash"),
        (
            "\n".join(f"{at}. {line}" for at, line in enumerate(LINES.split("\n"), 1)),
            "line numbers",
        ),
        (
            "\n".join(f"{at}\t{line}" for at, line in enumerate(LINES.split("\n"), 98)),
            "line numbers",
        ),
    ],
)
def test_each_mark_of_pasting_is_taken_away_and_told(text: str, word: str) -> None:
    found = mended(text)
    assert ast.dump(ast.parse(found.text)) == ast.dump(ast.parse(LINES))
    assert any(each.startswith(word) for each in found.changes), found.changes
    assert found.text.count("\n") == text.count("\n")


def test_marks_are_taken_away_together() -> None:
    text = prompted(LINES, ">>> ", "... ").replace('"a"', "\u201ca\u201d").replace("\n", "\r\n")
    found = mended("\n" + text.replace("\\\r", "\\ \r"))
    assert ast.dump(ast.parse(found.text)) == ast.dump(ast.parse(LINES))
    assert {"prompts", "curly quotes"} <= set(found.changes)


def test_what_a_shell_printed_becomes_empty_lines() -> None:
    found = mended(
        "Welcome to\n      ____\n>>> print(1,\n...   2)\n1 2\n>>> for i in a:\n...   i\n... \n'x'\n"
        ">>> y\nTraceback (most recent call last):\nNameError: y"
    )
    assert found.text.split("\n") == [
        "", "", "print(1,", "  2)", "", "for i in a:", "  i", "", "", "y", "", ""
    ]  # fmt: skip


def test_the_notes_continued_lines_without_their_first_prompt_run() -> None:
    assert mended('x = spark \\\n...   .read \\\n...   .load("a")').text == (
        'x = spark \\\n  .read \\\n  .load("a")'
    )


def test_tabs_among_spaces_are_columns() -> None:
    found = mended("if x:\n        a = 1\n\tb = 2")
    assert (found.text, found.changes) == ("if x:\n        a = 1\n        b = 2", ("tabs",))


def test_texts_keep_their_signs() -> None:
    found = mended(">>> print(\u201cIt\u2019s \u2013 5\u00a0\u20ac\u201d, 3 \u2013 2, '\u2013')")
    assert found.text == "print(\"It\u2019s \u2013 5\u00a0\u20ac\", 3 - 2, '\u2013')"


def test_a_text_of_several_lines_keeps_its_signs() -> None:
    text = '  x = """a\n  \u201cb\u201d \\ \n\t c"""\n  y = \u201cd\u201d'
    assert mended(text).text == 'x = """a\n  \u201cb\u201d \\ \n\t c"""\ny = "d"'


@pytest.mark.parametrize(
    "text",
    ["import pyspark\nx = 5 5", "x = (1", "def f(:\n  pass", "x = 5 5", "\0", "for", "  $ ls"],
)
def test_what_is_no_paste_is_left_as_it_is(text: str) -> None:
    assert mended(text).text == text


def test_a_students_own_mistake_is_left_in_what_is_mended() -> None:
    found = mended(">>> x = 1\n>>> y = = 2")
    assert (found.text, found.changes) == ("x = 1\ny = = 2", ("prompts",))


VALID = st.recursive(
    st.one_of(
        st.integers().map(repr),
        st.text(max_size=8).map(repr),
        st.text(alphabet="ab\u201c\u2019\u2013\u00a0 #>.\u200b", max_size=8).map(
            lambda text: f'"{text}"'
        ),
        st.sampled_from(["x", "...", "'''>>> a\n... b \\ \n1 c'''", "(x,\n  y)", "None"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]"),
        st.tuples(inner, inner).map(lambda each: f"({each[0]} == {each[1]})"),
        inner.map(lambda each: f"f({each})  # \u201cnote\u201d \u2013 >>> 1"),
    ),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None)
@given(st.lists(VALID, max_size=5), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_what_is_python_is_never_touched(parts: list[str], end: str, is_block: bool) -> None:
    statements = [part.replace("\n", end) for part in parts]
    text = end.join(statements)
    if is_block:
        text = f"if x:{end}\tpass{end}{text}"
    try:
        with warnings.catch_warnings(action="ignore"):
            ast.parse(text)
    except SyntaxError:
        return
    assert mended(text).text == text
    assert mended(text).changes == ()


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="ab \t\n\r\\>.\"'#:()1\u201c\u201d\u2019\u2013\u00a0In[]", max_size=60),
)
def test_any_text_is_mended_or_left_and_keeps_its_lines(text: str) -> None:
    found = mended(text)
    assert bool(found.changes) == (found.text != text)
    lines = [
        each.replace("\r\n", "\n").replace("\r", "\n").count("\n") for each in (found.text, text)
    ]
    assert lines[0] == lines[1]
    assert set(found.changes) <= {word for _, word in REPAIRS}


def test_a_transcript_has_the_lines_that_ran() -> None:
    step = StepSpec.model_validate(
        {"id": "x", "title": "X", "shows_command": "x", "run": {"kind": "spark"}}
    )
    lab = LabSpec.model_validate(
        {
            "name": "paste",
            "title": "Paste",
            "summary": "Paste.",
            "tools": "spark",
            "services": [{"name": "spark", "image": "spark"}],
            "steps": [step.model_dump()],
        }
    )
    done = Done(lab, step, {"code": ">>> y = 1\n>>> y"})
    assert step.run.typed(done).lines == "y = 1\ny"
