"""No test lacks an assertion: one that can't fail says nothing of the code."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("portal", "labs", "tests")
EXPECTING = {
    *("raises", "warns", "fail", "expect", "eventually"),
    *("django_assert_num_queries", "django_assert_max_num_queries"),
    *("assert_called_once_with", "run_state_machine_as_test", "notice"),
}
"""Calls that fail a test by themselves: of libraries, and what readers of topics wait for."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


def lacking(trees: dict[str, ast.Module]) -> list[str]:
    """The tests of these modules that assert nothing, by themselves or by a helper."""
    helpers = asserting([each for tree in trees.values() for each in functions(tree)])
    found = []
    for name, tree in trees.items():
        known = EXPECTING | (helpers & names_in(tree))
        for each in functions(tree):
            if each.name.startswith("test_") and not asserts(each, known):
                found.append(f"{name}:{each.lineno} {each.name}")
    return found


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function of a module."""
    return (each for each in ast.walk(tree) if isinstance(each, Function))


def names_in(tree: ast.Module) -> set[str]:
    """What a module defines or imports by name: another's of the same name is none of its own."""
    imported = (each for each in tree.body if isinstance(each, ast.ImportFrom))
    names = {alias.asname or alias.name for each in imported for alias in each.names}
    return names | {each.name for each in tree.body if isinstance(each, Function)}


def asserting(found: Iterable[Function]) -> set[str]:
    """The names of functions that assert, by themselves or by such a function."""
    waiting, known = list(found), set(EXPECTING)
    while True:
        more = {each.name for each in waiting if asserts(each, known)} - known
        if not more:
            return known
        known |= more


def asserts(function: Function, known: set[str]) -> bool:
    """Whether it has an `assert`, or calls something that has."""
    return any(
        isinstance(each, ast.Assert) or (isinstance(each, ast.Call) and called(each.func, known))
        for each in ast.walk(function)
    )


def called(function: ast.expr, known: set[str]) -> bool:
    """Whether this is one of the names that assert. Methods have any module's names: few count."""
    if isinstance(function, ast.Attribute):
        return function.attr in EXPECTING
    return isinstance(function, ast.Name) and function.id in known


def test_every_test_asserts_something() -> None:
    sources = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    of_tests = [each for each in sources if "test" in str(each.relative_to(ROOT))]
    trees = {str(each.relative_to(ROOT)): ast.parse(each.read_text()) for each in of_tests}
    assert len(trees) > 100
    assert lacking(trees) == []


def test_it_finds_a_test_that_can_not_fail() -> None:
    source = (
        "def holds():\n  assert 1\n\ndef test_a():\n  holds()\n\ndef test_b():\n  print()\n"
        "\ndef test_c(it):\n  it.holds()\n"
    )
    assert lacking({"here": ast.parse(source)}) == ["here:7 test_b", "here:10 test_c"]
