"""Tables as `show()` prints them, read back from what was printed: every cell is a text."""

import re
from collections.abc import Iterator
from itertools import islice, pairwise

from portal.engine.extraction import COLUMN_LIMIT, Column, Table

BORDER = re.compile(r"\+(?:-{1,5000}\+){1,1000}")
MORE = re.compile(r"only showing top \d+ rows?")
ROWS = 10_000
MOST = 8
"""Tables of a run: those that were shown last."""
AS_SHOWN = "as shown"
"""What such a table is called: nothing tells its name."""
CUT = "..."
"""What stands at the end of a cell that `show()` found too long."""


def tables(said: str) -> tuple[Table, ...]:
    """Those in what was printed, the last first; `truncated` where it left rows out."""
    found = list(each_table(said.splitlines()))[-MOST:]
    return tuple(
        Table(
            name=AS_SHOWN,
            columns=tuple(Column(name, "string") for name in names),
            rows=tuple(rows),
            row_count=len(rows),
            truncated=not is_all,
            seconds=0.0,
        )
        for names, rows, is_all in reversed(found)
    )


def besides(table: Table | None, said: str) -> tuple[Table, ...]:
    """Those that were printed, without a table that is known as it is."""
    found = tables(said)
    return found if table is None else tuple(each for each in found if not is_of(each, table))


def is_of(shown: Table, table: Table) -> bool:
    """Whether what was shown is a table's beginning, as far as text can tell."""
    if [each.name for each in shown.columns] != [each.name for each in table.columns]:
        return False
    if shown.truncated != (shown.row_count < table.row_count):
        return False
    pairs = zip(shown.rows, islice(table.rows, shown.row_count), strict=False)
    return all(is_text_of(*each) for row in pairs for each in zip(*row, strict=False))


def is_text_of(text: str | None, value: object) -> bool:
    """Whether a value would be shown so; of those that Spark writes its own way nobody knows."""
    if value is None or text is None:
        return text is value
    if isinstance(value, bool) or not isinstance(value, str | int):
        return True
    said = " ".join(str(value).split())
    text = " ".join(text.split())
    return said == text or (text.endswith(CUT) and said.startswith(text.removesuffix(CUT)))


def each_table(said: list[str]) -> Iterator[tuple[list[str], list[tuple[str | None, ...]], bool]]:
    """The names and rows of each, and whether all of its rows were shown."""
    at = 0
    while at + 2 < len(said):
        border = said[at]
        if not BORDER.fullmatch(border) or said[at + 2] != border:
            at += 1
            continue
        names = cells(said[at + 1], border)
        rows: list[tuple[str | None, ...]] = []
        at += 3
        while at < len(said) and said[at] != border and len(rows) < ROWS:
            if (row := cells(said[at], border)) is None:
                break
            # Spark writes what is no value so, and nothing tells that from the word.
            rows.append(tuple(None if each in ("NULL", "null") else each for each in row))
            at += 1
        has_end = at < len(said) and said[at] == border
        at += has_end
        is_cut = at < len(said) and MORE.fullmatch(said[at].strip()) is not None
        if names and has_end and len(names) <= COLUMN_LIMIT:
            yield names, rows, not is_cut


def cells(line: str, border: str) -> list[str] | None:
    """A line's cells, by the places of its border; wide letters move those, so else by bars."""
    if not line.startswith("|") or not line.endswith("|"):
        return None
    if len(line) == len(border):
        ends = [place for place, sign in enumerate(border) if sign == "+"]
        if all(line[place] == "|" for place in ends):
            spans = pairwise(ends)
            return [line[begin + 1 : end].strip() for begin, end in spans]
    parts = line[1:-1].split("|")
    return [each.strip() for each in parts] if len(parts) == border.count("+") - 1 else None
