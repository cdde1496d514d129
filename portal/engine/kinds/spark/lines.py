"""Python that was run as a cell, as lines that a shell takes one by one from its stdin."""

import ast
import builtins
import re
from collections.abc import Iterator
from functools import lru_cache

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
EARLIER = 200
"""How many of the cells before one its names are looked for in."""
EARLIER_LIMIT = 256 * 1024
"""Characters of them that come along with one at most."""
LINE_END = re.compile("\r\n|\r|\n")
"""Where Python's own parser ends a line."""
GIVEN = frozenset({"spark", "sc", "sqlContext", "sql", "_", *dir(builtins)})


def as_typed(code: str) -> str:
    """The lines to type. What a shell could not take line by line is given to exec() whole."""
    body = parse(code)
    if body is None:
        return code
    source = Source(code)
    return "\n".join(typed_statement(source, each) for each in body)


class Source:
    """A text that was parsed: its lines, split once, since a cell may have thousands."""

    def __init__(self, code: str):
        # Python counts columns in bytes.
        self.lines = [line.encode() for line in LINE_END.split(code)]

    def of(self, statement: ast.stmt) -> list[str]:
        """The lines of a statement, without what shares its first or last line."""
        first = min([statement.lineno, *(each.lineno for each in decorators(statement))])
        last = statement.end_lineno or statement.lineno
        found = self.lines[first - 1 : last]
        found[-1] = found[-1][: statement.end_col_offset]
        at = statement.lineno - first
        found[at] = found[at][statement.col_offset :]
        return [line.decode() for line in found]


def typed_statement(source: Source, statement: ast.stmt) -> str:
    """One statement. A shell ends a block at an empty line, and only there."""
    lines = source.of(statement)
    if not isinstance(statement, COMPOUND):
        return "\n".join(lines)
    if all(line.strip() for line in lines):
        return "\n".join([*lines, ""])
    return f"exec({chr(10).join(lines)!r})"


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
    left = EARLIER_LIMIT
    for before in reversed(earlier[-EARLIER:]):
        if missing & bound(before):
            left -= len(before)
            if left < 0:
                break
            needed.insert(0, before)
            missing = (missing - bound(before)) | wanted(before)
    return "\n".join(needed)


def wanted(code: str) -> frozenset[str]:
    """The names that lines use and do not make."""
    return names(code)[0]


def bound(code: str) -> frozenset[str]:
    """The names that lines make."""
    return names(code)[1]


# Each cell of a transcript is looked at for every one after it.
@lru_cache(maxsize=EARLIER + 50)
def names(code: str) -> tuple[frozenset[str], frozenset[str]]:
    """The names that lines use and do not make, and those that they make."""
    made = frozenset(name for name, is_made in each_name(code) if is_made)
    used = frozenset(name for name, is_made in each_name(code) if not is_made)
    return used - made - GIVEN, made


def each_name(code: str) -> Iterator[tuple[str, bool]]:
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
