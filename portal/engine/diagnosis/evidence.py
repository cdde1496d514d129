"""An error of a cell as `guest.trouble` tells it: the evidence from which its cause is found."""

import re
from dataclasses import dataclass
from typing import Any

from portal.engine.lines import items, record, text

NAMED = re.compile(r"\[([A-Z][A-Z_.0-9]+)\]")


@dataclass(frozen=True, slots=True)
class CellError:
    """What Python, Spark and Java say of an error."""

    name: str
    message: str
    line: int | None
    traceback: str = ""
    java: str = ""
    causes: tuple[str, ...] = ()
    jvm_status: int | None = None
    memory: str = ""
    in_worker: bool = False
    chain: tuple[tuple[str, str], ...] = ()
    """Java's exception and what caused it, each by class and message; the root is last."""
    condition: str = ""
    """Spark's own name for what is wrong."""
    parameters: tuple[tuple[str, str], ...] = ()
    subject: str = ""
    """The name that Python did not find."""
    installed: tuple[str, ...] = ()
    is_stopped: bool = False
    """Whether Spark was stopped, while its process lives."""

    @property
    def named(self) -> str:
        """The condition; one of a worker's stands only in its message."""
        found = NAMED.match(self.message)
        return self.condition or (found[1] if found else "")

    @property
    def classes(self) -> frozenset[str]:
        """Java's classes in it, without their packages."""
        names = (*(each for each, _ in self.chain), *self.causes, self.java.partition(":")[0])
        return frozenset(name.rpartition(".")[2] for name in names)

    @property
    def root(self) -> str:
        """The sentence of the exception that caused all others."""
        said = next((message for _, message in reversed(self.chain) if message), "")
        return said or self.message

    def is_java(self, name: str) -> bool:
        """Whether an exception of that class is among Java's."""
        return name in self.classes or name in self.all_of_java

    @property
    def all_of_java(self) -> str:
        """What Java says of it, where its classes are not known one by one."""
        return " ".join((self.java, *self.causes, *(each for pair in self.chain for each in pair)))

    def parameter(self, name: str) -> str:
        """One of the values of Spark's sentence."""
        return dict(self.parameters).get(name, "")


def to_cell_error(message: dict[str, Any]) -> CellError:
    """An `error` message. Raises ValueError."""
    line, status = message.get("line"), message.get("jvm_status")
    pairs = [items(each, 2) for each in items(message.get("chain", []), 20)]
    parameters = record(message.get("parameters", {}))
    return CellError(
        name=text(message.get("name"), 500),
        message=text(message.get("message"), 10_000),
        line=line if isinstance(line, int) and 0 < line < 100_000 else None,
        traceback=text(message.get("traceback", ""), 100_000),
        java=text(message.get("java", ""), 10_000),
        causes=tuple(text(each, 2000) for each in items(message.get("causes", []), 20)),
        jvm_status=status if isinstance(status, int) else None,
        memory=text(message.get("memory", ""), 20),
        in_worker=message.get("in_worker") is True,
        chain=tuple((text(pair[0], 500), text(pair[1], 4000)) for pair in pairs if len(pair) == 2),
        condition=text(message.get("condition", ""), 200),
        parameters=tuple((text(name, 200), text(parameters[name], 1000)) for name in parameters),
        subject=text(message.get("subject", ""), 500),
        installed=tuple(text(each, 200) for each in items(message.get("installed", []), 40)),
        is_stopped=message.get("is_stopped") is True,
    )
