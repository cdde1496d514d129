"""Causes that are in the records of a topic, and what Spark makes of them."""

from portal.engine.causes.cause import Cause
from portal.engine.errors import Part

FILTER = (
    "Records stay in a topic: leave those out with filter(), or reset the cluster and send "
    "only JSON. The Events tab shows them."
)
READ_JSON = "spark.read.json(events.rdd.map(lambda x: x.value))"

NOT_JSON = Cause(
    "not-json", Part.DATA, "The topic holds what is not JSON{where}: {records}", FILTER
)
SOMETHING_NOT_JSON = Cause(
    "not-json-somewhere", Part.DATA, "A record is not JSON{where}: {message}", FILTER
)
NULL_VALUE = Cause(
    "null-value",
    Part.DATA,
    "The record at {record} has no value at all (null), and json.loads() takes none{where}.",
    "Leave such records out before you parse them: "
    "events = events.filter(events.value.isNotNull()).",
)
NOT_OBJECT = Cause(
    "not-an-object",
    Part.DATA,
    "The topic holds JSON that is no object, and a table needs objects{where}: {records}",
    "Send events as JSON objects, {{…}}, or leave the others out with filter().",
)
EMPTY_OBJECT = Cause(
    "empty-object",
    Part.DATA,
    "The first record is an object without keys, so toDF() found no columns{where}.",
    "Send events that have keys.",
)
EMPTY_TOPIC = Cause(
    "empty-topic",
    Part.DATA,
    "The topic {topic} is empty, so toDF() has no first row to take its columns from{where}.",
    "Call the API so that events arrive, then run this step again.",
)
EMPTY_READ = Cause(
    "nothing-read",
    Part.CODE,
    "{what} is empty, so toDF() has no first row to take its columns from{where}.",
    "Call the API so that events arrive, or look at your offsets and filters, and run this again.",
)
NO_TYPE = Cause(
    "no-type-for-values",
    Part.DATA,
    "{name!r} holds an object or a list whose values are of different types, or none at all, and "
    "toDF() has no type for that{where}.",
    f"Let Spark read the JSON itself: {READ_JSON}",
)
ALL_NULL = Cause(
    "only-nulls",
    Part.DATA,
    "A key has no value but null in the rows that toDF() looks at, so it has no type{where}.",
    f"Let Spark read the JSON itself: {READ_JSON}",
)
TYPE_CLASH = Cause(
    "type-clash",
    Part.DATA,
    "A key's values are of different types, and toDF() took the type from the first row{where}"
    ": {message}",
    f"The schema on the Results tab names the key. Try {READ_JSON}",
)
KEY_MISSING = Cause(
    "key-missing",
    Part.DATA,
    "Not every record has the key {name!r}{where}: the record at {record} has {keys}.",
    "Use .get({name!r}) instead, or leave such records out with filter().",
)
OTHER_KEYS = Cause(
    "other-keys",
    Part.DATA,
    "Rows are put together by place, and toDF() took the columns from the first row{where}. The "
    "record at {first} has {first_keys}; the record at {record} has {keys}.",
    f"Make dicts instead of Rows, json.loads(x.value), or let Spark read the JSON: {READ_JSON}",
)
OTHER_LENGTH = Cause(
    "other-length",
    Part.CODE,
    "Rows are put together by place, and not all have as many values as the first one"
    "{where}: {message}",
    "Give every row the same columns in the same order.",
)
SWAPPED = Cause(
    "values-swapped",
    Part.DATA,
    "In row {row}, {name} is {value}, which is {other} in the record at {record}: such rows are "
    "put together by place, not by name.",
    "Make dicts instead of Rows: json.loads(x.value) keeps each value with its key.",
)
NULLED = Cause(
    "value-became-null",
    Part.DATA,
    "In row {row}, {name} is NULL, but the record at {record} says {sent}: the column's type is "
    "{type}, from the first row, and a value of another type becomes NULL without a word.",
    f"Let Spark read all records before it decides on types: {READ_JSON}",
)
FIRST_ROW = Cause(
    "first-row-schema",
    Part.DATA,
    "toDF() took its columns from the first row: {columns} of later records are not in the table.",
    f"Let Spark read all records first: {READ_JSON}",
)
CASE_TWINS = Cause(
    "keys-differ-by-case",
    Part.DATA,
    "The records have both {name} and {other}: keys that differ by case alone.",
    "Send one of them alone, or keep them apart: "
    'spark.conf.set("spark.sql.caseSensitive", "true").',
)

ALL = (
    NOT_JSON,
    SOMETHING_NOT_JSON,
    NULL_VALUE,
    NOT_OBJECT,
    EMPTY_OBJECT,
    EMPTY_TOPIC,
    EMPTY_READ,
    NO_TYPE,
    ALL_NULL,
    TYPE_CLASH,
    KEY_MISSING,
    OTHER_KEYS,
    OTHER_LENGTH,
    SWAPPED,
    NULLED,
    FIRST_ROW,
    CASE_TWINS,
)
