"""Which addresses a script names for Kafka, read from its text: nothing of it is run."""

import ast
from collections.abc import Iterator

KEYS = ("bootstrap_servers", "bootstrap.servers")
DEFAULT = "localhost:9092"
"""Where kafka-python looks for Kafka when nobody says where it is."""
CLIENTS = frozenset({"KafkaProducer", "KafkaConsumer", "KafkaAdminClient"})


def named(source: str) -> Iterator[tuple[str, int]]:
    """Each address with its line: of the argument, or of the call that has none.

    A name that the script sets to a text, at whatever place, stands for that text.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    nodes = list(ast.walk(tree))
    known = assigned(nodes)
    for node in nodes:
        match node:
            case ast.keyword(arg=key, value=value) if key in KEYS:
                yield from texts(value, known, value.lineno)
            case ast.Dict(keys=keys, values=values):
                for given, value in zip(keys, values, strict=True):
                    if isinstance(given, ast.Constant) and given.value in KEYS:
                        yield from texts(value, known, value.lineno)
            case ast.Call(func=func, args=[], keywords=given) if is_client(func):
                if all(each.arg is not None and each.arg not in KEYS for each in given):
                    yield DEFAULT, node.lineno


def assigned(nodes: list[ast.AST]) -> dict[str, ast.expr]:
    """What each plain name is set to."""
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def texts(value: ast.expr, known: dict[str, ast.expr], line: int) -> Iterator[tuple[str, int]]:
    """The addresses in an argument's value."""
    for each in ast.walk(value):
        if isinstance(each, ast.Name) and each.id in known:
            found = [node for node in ast.walk(known[each.id]) if isinstance(node, ast.Constant)]
        else:
            found = [each] if isinstance(each, ast.Constant) else []
        for constant in found:
            if isinstance(constant.value, str) and ":" in constant.value:
                yield from ((part.strip()[:200], line) for part in constant.value.split(","))


def is_client(func: ast.expr) -> bool:
    """Whether a call makes one of kafka-python's clients."""
    name = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", "")
    return name in CLIENTS
