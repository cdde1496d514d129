"""Why a spark step's check is not content, one condition at a time: what was seen, what lacks.

A table alone can be asked for, with `columns` and `rows` and no `matches`: then it is no matter
whether, or how, the lines showed it.
"""

from portal.engine import patterns
from portal.engine.causes import tables
from portal.engine.errors import ClusterError, Details
from portal.engine.extraction import Table
from portal.engine.lab.check import Check
from portal.engine.spark import SparkOutcome

NAMES = 20


def failure(check: Check, outcome: SparkOutcome, said: str) -> ClusterError | None:
    """The first condition that is not met; None when all are. `said` is what the lines printed."""
    table = outcome.table
    if check.columns or check.rows:
        if table is None:
            return outcome.no_table or tables.NEVER_SET.error(name="the table", others="")
        if found := of_table(check, table):
            return found
    if check.matches is None or check.run is not None:
        return None
    return of_output(check, table, said)


def of_table(check: Check, table: Table) -> ClusterError | None:
    """Columns and rows, which are asked for by name and number."""
    there = [each.name for each in table.columns]
    missing = [each for each in check.columns if each not in there]
    if missing:
        details = Details(name=missing[0])
        return tables.NO_COLUMNS.error(details, missing=listed(missing), columns=listed(there))
    if table.row_count < check.rows:
        return tables.FEW_ROWS.error(rows=counted(table.row_count, "row"), wanted=check.rows)
    return None


def of_output(check: Check, table: Table | None, said: str) -> ClusterError | None:
    """Lines that look as the step's pattern does."""
    # What the shell repeats of the lines themselves was not printed by them.
    printed = [each for each in said.splitlines() if not each.startswith((">>> ", "... "))]
    found = patterns.count_lines(check.matches or "", said.splitlines())
    if found >= check.at_least:
        return None
    if not any(each.startswith("|") for each in printed):
        return tables.NOT_SHOWN.error(name=table.name if table else "table")
    return tables.NOT_MATCHED.error(
        lines=counted(len(printed), "line"), found=found, wanted=check.at_least
    )


def listed(names: list[str]) -> str:
    """Some names, in words."""
    if not names:
        return "none"
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(each[:60] for each in names[:NAMES]) + more


def counted(number: int, word: str) -> str:
    """A number of things."""
    return f"{number or 'no'} {word}{'' if number == 1 else 's'}"
