"""What to try so that no column is dropped: the student's own code with one line changed."""

import re
from collections import Counter
from dataclasses import dataclass

from portal.engine.extraction import FIRST_ROW
from portal.results.compare import code_of
from portal.results.models import Extraction

TO_DF = re.compile(
    r"^(?P<table>\w+)\s*=\s*(?P<events>\w+)\.rdd\.map\(\s*lambda\s+(?P<row>\w+)\s*:"
    r"\s*json\.loads\(\s*(?P=row)\.value\s*\)\s*\)\.toDF\(\s*\)[ \t]*$",
    re.MULTILINE,
)
SCHEMA_LIMIT = 30
IMPORT = "from pyspark.sql.functions import from_json"
FAST = (
    "Spark itself parses the JSON, without Python: for very many events that is faster, and "
    'faster still with .option("minPartitions", "2") where the topic is read, on two cores. '
    "A record that is not JSON becomes a row of nulls."
)
CASE = 'spark.conf.set("spark.sql.caseSensitive", "true")'


@dataclass(frozen=True, slots=True)
class Fix:
    """One way to keep every column: the line, why it helps, and all the code with it."""

    line: str
    why: str
    code: str


def fixes(extraction: Extraction) -> list[Fix]:
    """What to try where `toDF()` dropped columns; nothing where it did not."""
    # Of the reasons for which columns are dropped, another line mends only this one.
    if not extraction.dropped or extraction.because != FIRST_ROW:
        return []
    code = code_of(extraction)
    found = TO_DF.search(code)
    table = found["table"] if found else extraction.table_name
    events = found["events"] if found else "events"
    read = f"{table} = spark.read.json({events}.rdd.map(lambda x: x.value))"
    if has_twins(extraction.union_columns):
        read = f"{CASE}\n{read}"
    offered = [(read, "Spark reads every event before it decides what the columns are.")]
    if len(extraction.union_columns) <= SCHEMA_LIMIT:
        schema = ", ".join(f"{escaped(each)} string" for each in extraction.union_columns)
        line = f"{table} = {events}.rdd.map(lambda x: json.loads(x.value)).toDF({schema!r})"
        offered.append((line, "You name the columns, so toDF() need not guess them."))
        if not has_twins(extraction.union_columns):
            parsed = f'{events}.select(from_json("value", {schema!r}).alias("event"))'
            offered.append((f'{IMPORT}\n{table} = {parsed}.select("event.*")', FAST))
    return [Fix(line, why, with_line(code, line) if found else "") for line, why in offered]


def with_line(code: str, line: str) -> str:
    """The code with another line in place of its `toDF()`."""
    # A function, since in a text a backslash would mean something.
    return TO_DF.sub(lambda found: line, code, count=1)


def escaped(name: str) -> str:
    """A column's name as Spark's schema texts want it."""
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else "`" + name.replace("`", "``") + "`"


def has_twins(names: list[str]) -> bool:
    """Whether two keys differ by case alone: to Spark they are one unless told otherwise."""
    return any(count > 1 for count in Counter(each.lower() for each in names).values())
