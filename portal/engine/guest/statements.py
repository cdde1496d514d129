"""A student's code, cut into the statements that a shell would take one by one."""

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One top-level statement: its number in the text, and how a shell shows it being typed."""

    index: int
    echo: str


def split(source: str, name: str = "<stdin>") -> list[Statement]:
    """Cut a text into statements. Raises SyntaxError, and then nothing of it should run.

    Comments are shown with the statement they precede; blank lines between statements are not.
    """
    lines = source.splitlines()
    found, before = [], 0
    for index, node in enumerate(ast.parse(source, name).body):
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)]) - 1
        last = node.end_lineno or node.lineno
        # Of two statements on one line the second has nothing of its own to show.
        own = lines[max(first, before) : last]
        echo = [f">>> {line}" for line in lines[before:first] if line.strip()]
        echo += [f"{'... ' if number else '>>> '}{line}" for number, line in enumerate(own)]
        if is_block(node):
            echo.append("... ")
        found.append(Statement(index, "".join(f"{line}\n" for line in echo)))
        before = max(before, last)
    return found


def is_block(node: ast.stmt) -> bool:
    """Whether a shell waits for an empty line before it runs the statement."""
    return hasattr(node, "body")


def echo(source: str) -> str:
    """A text that can't be cut into statements, as typed."""
    return "".join(f">>> {line}\n" for line in source.splitlines())
