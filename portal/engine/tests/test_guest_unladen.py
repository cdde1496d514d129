"""Frames are made without packages that nobody has imported."""

import sys

import pytest

from portal.engine.guest.unladen import once_loaded, unladen


def make(data: object, *, more: str = "") -> str:
    """As pyspark's: a look at whether pandas has made it."""
    try:
        import pandas  # type: ignore[import-untyped]
    except ImportError:
        return f"without{more}"
    return f"with {pandas.__name__}{more}"


def test_a_package_that_nobody_has_imported_is_not_looked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pandas", raising=False)
    assert unladen(make)([1]) == "without"
    assert "pandas" not in sys.modules


def test_one_that_is_there_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", sys)
    assert unladen(make)([1], more=".") == f"with {sys.__name__}."


def test_it_is_told_like_the_plain_one() -> None:
    made = unladen(make)
    assert (made.__name__, made.__doc__, made.__module__) == (
        make.__name__,
        make.__doc__,
        make.__module__,
    )


def test_a_value_is_of_no_package_that_nobody_has_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    ask = once_loaded("numpy", lambda converter, value: value == 1)
    monkeypatch.delitem(sys.modules, "numpy", raising=False)
    assert not ask(None, 1)
    monkeypatch.setitem(sys.modules, "numpy", sys)
    assert ask(None, 1)
    assert not ask(None, 2)
