"""Pictures beside lab.yaml: what is one by its bytes, and what is said of what isn't."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.engine.lab.parse import load_lab
from portal.engine.lab.pictures import MAX_BYTES, picture_of, pointed_at, shown_in
from portal.engine.lab.problems import LabInvalid
from portal.engine.tests import drawn
from portal.engine.tests.test_parse import SMALL

KINDS = {
    "png": [drawn.png()],
    "gif": [drawn.GIF],
    "jpeg": [drawn.JPEG],
    "webp": [drawn.VP8, drawn.VP8L, drawn.VP8X],
}


@pytest.mark.parametrize(("kind", "data"), [(k, each) for k, all in KINDS.items() for each in all])
def test_a_picture_is_known_by_its_bytes(kind: str, data: bytes) -> None:
    found = picture_of(data)
    assert (found.kind, found.width, found.height) == (kind, 3, 2)
    assert pointed_at(found.pointer) == found


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (drawn.SVG, "is an SVG, which can hold scripts: save it as PNG"),
        (b"\xef\xbb\xbf \n<SVG onload=alert(1)>", "is an SVG"),
        (b"", "is no picture"),
        (b"<html>", "is no picture"),
        (drawn.png()[:20], "is no picture"),
        (drawn.JPEG[:21], "is no picture"),
        (drawn.png(4097, 1), "is 4097 by 1 pixels"),
        (drawn.png().replace(b"\0\0\0\3", b"\0\0\0\0", 1), "is 0 by 2 pixels"),
        (drawn.png() + b"\0" * MAX_BYTES, "is larger than 512 KB"),
    ],
)
def test_what_is_none_is_said_in_words(data: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        picture_of(data)


@given(st.sampled_from([each for all in KINDS.values() for each in all]), st.data())
def test_no_bytes_make_it_stumble(data: bytes, draw: st.DataObject) -> None:
    cut = data[: draw.draw(st.integers(0, len(data)))] + draw.draw(st.binary(max_size=40))
    with contextlib.suppress(ValueError):
        found = picture_of(cut)
        assert pointed_at(found.pointer) == found


def test_pictures_are_found_where_markdown_has_them() -> None:
    text = "![A *b*](a.png) `![c](c.png)`\n\n1. ![](<d e.png>)\n\n| x |\n| - |\n| ![t](t.gif) |\n"
    assert list(shown_in(text)) == [("a.png", "A *b*"), ("d e.png", ""), ("t.gif", "t")]
    assert list(shown_in("![a](a.png)" + " " * 65536)) == []


def folder(tmp_path: Path, text: str, **files: bytes) -> Path:
    """A lab whose step says that, with files beside it."""
    step = "    title: Say hello\n"
    (tmp_path / "lab.yaml").write_text(SMALL.replace(step, f"{step}    text: '{text}'\n"))
    for path, data in files.items():
        (tmp_path / path).write_bytes(data)
    return tmp_path


def test_a_lab_has_the_pictures_that_it_shows(tmp_path: Path) -> None:
    data = drawn.png()
    made = folder(tmp_path, "![A line](a.png)", **{"a.png": data, "other.png": data})
    assert load_lab(made).pictures == {"a.png": data}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("![A](b.png)", "'b.png' is no file beside lab.yaml"),
        ("![A](../a.png)", "'../a.png' is no file beside lab.yaml"),
        ("![A](https://example.com/a.png)", "is elsewhere: a picture is a file beside"),
        ("![A](/a.png)", "is elsewhere"),
        ("![ ](a.png)", "the picture 'a.png' needs words for whoever can't see it"),
        ("![A](a.svg)", "'a.svg' is an SVG, which can hold scripts"),
        ("![A](a.txt)", "'a.txt' is not called .png"),
        ("![A](large.png)", "'large.png' is larger than 512 KB"),
        (" ".join(f"![A](a.png?{n})" for n in range(21)), "is one too many"),
    ],
)
def test_mistakes_in_pictures_are_told_at_the_text(tmp_path: Path, text: str, words: str) -> None:
    files = {"a.png": drawn.png(), "a.svg": drawn.SVG, "a.txt": drawn.png()}
    made = folder(tmp_path, text, **files)
    with (made / "large.png").open("wb") as file:
        file.truncate(50 << 20)
    with pytest.raises(LabInvalid) as caught:
        load_lab(made)
    told = [each for each in caught.value.problems if words in each.message]
    assert [(each.line, each.column, each.key) for each in told] == [(12, 11, "steps[0].text")]
