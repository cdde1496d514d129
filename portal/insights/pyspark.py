"""Python that was run as a cell, as lines that a shell takes one by one from its stdin."""

import ast
import builtins
from collections.abc import Iterator

COMPOUND = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.Match,
)
GIVEN = frozenset({"spark", "sc", "sqlContext", "sql", "_", *dir(builtins)})


def as_typed(code: str) -> str:
    """The lines to type. What a shell could not take line by line is given to exec() whole."""
    body = parse(code)
    if body is None:
        return code
    return "\n".join(typed_statement(code, each) for each in body)


def typed_statement(code: str, statement: ast.stmt) -> str:
    """One statement. A shell ends a block at an empty line, and only there."""
    lines = source_of(code, statement)
    if not isinstance(statement, COMPOUND):
        return "\n".join(lines)
    if all(line.strip() for line in lines):
        return "\n".join([*lines, ""])
    return f"exec({chr(10).join(lines)!r})"


def source_of(code: str, statement: ast.stmt) -> list[str]:
    """The lines of a statement, without what shares its first or last line."""
    first = min([statement.lineno, *(each.lineno for each in decorators(statement))])
    whole = ast.get_source_segment(code, statement) or ""
    above = code.split("\n")[first - 1 : statement.lineno - 1]
    return [*above, *whole.split("\n")]


def decorators(statement: ast.stmt) -> list[ast.expr]:
    """What stands above a function or a class."""
    return list(getattr(statement, "decorator_list", ()))


def parse(code: str) -> list[ast.stmt] | None:
    """The statements; None for what is no Python."""
    try:
        return ast.parse(code).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def with_earlier(earlier: list[str], code: str) -> str:
    """The lines with those typed before that they need: each pyspark of the script is a new one."""
    needed = [code]
    missing = wanted(code)
    for before in reversed(earlier):
        if missing & bound(before):
            needed.insert(0, before)
            missing = (missing - bound(before)) | wanted(before)
    return "\n".join(needed)


def wanted(code: str) -> set[str]:
    """The names that lines use and do not make."""
    return {name for name, is_made in names(code) if not is_made} - bound(code) - GIVEN


def bound(code: str) -> set[str]:
    """The names that lines make."""
    return {name for name, is_made in names(code) if is_made}


def names(code: str) -> Iterator[tuple[str, bool]]:
    """Every name in some lines, and whether it is made there."""
    for statement in parse(code) or ():
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=name, ctx=context):
                    yield name, not isinstance(context, ast.Load)
                case ast.alias(name=name, asname=other):
                    yield other or name.partition(".")[0], True
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                    yield name, True
