"""What it was about the records: which of them, and what to do about it."""

import ast
import re
from collections.abc import Iterator

from portal.engine.causes import records
from portal.engine.diagnosis.case import Case
from portal.engine.errors import ClusterError
from portal.engine.extraction import Sample, UnionRow

NO_TYPE = re.compile(r"CANNOT_INFER_TYPE_FOR_FIELD\].*?`([^`]+)`")
NAMES = 8
CLASHES = ("CANNOT_ACCEPT_OBJECT_IN_TYPE", "CANNOT_MERGE_TYPE", "FIELD_DATA_TYPE_UNACCEPTABLE")


def of_records(case: Case) -> ClusterError | None:
    """A record that is not JSON, none at all, no object, or of another shape."""
    error = case.error
    if error.name == "JSONDecodeError":
        return _not_json(case)
    if error.message == "RDD is empty" or "CANNOT_INFER_EMPTY_SCHEMA" in error.message:
        return _empty(case)
    return (
        _null(case)
        or _of_types(case)
        or _key_missing(case)
        or _not_object(case)
        or _other_keys(case)
    )


def _null(case: Case) -> ClusterError | None:
    """The code asked something of a value that is none."""
    union, error = case.union, case.error
    if union is None or union.null is None or "NoneType" not in error.message:
        return None
    if error.name not in ("TypeError", "AttributeError"):
        return None
    return records.NULL_VALUE.error(case.at(union.null), record=case.place(union.null))


def _not_json(case: Case) -> ClusterError | None:
    union = case.union
    samples = [] if union is None else [each for each in union.not_json_samples if not each.is_null]
    if union and not union.not_json and not union.problem and not case.error.in_worker:
        # All records are JSON: it was another text that the code took for it.
        return None
    if union is None or not union.not_json:
        return records.SOMETHING_NOT_JSON.error(case.details, message=case.error.message)
    details = case.at(samples[0]) if samples else case.details
    listed = _listed(case, union.not_json, samples)
    return records.NOT_JSON.error(details, records=listed)


def _not_object(case: Case) -> ClusterError | None:
    union = case.union
    if union is None or not union.not_object or not _is_about_shape(case):
        return None
    samples = list(union.not_object_samples)
    details = case.at(samples[0]) if samples else case.details
    return records.NOT_OBJECT.error(details, records=_listed(case, union.not_object, samples))


def _is_about_shape(case: Case) -> bool:
    """Whether it can come of a value that is no object: Spark's types, or a worker's own error."""
    error = case.error
    # For a row that is None, Java has no better word than that.
    is_java = error.is_java("NullPointerException") or "NullPointerException" in error.message
    is_spark = bool(error.condition) or error.message.startswith("[") or is_java
    return is_spark or error.in_worker or error.name in ("TypeError", "AttributeError")


def _listed(case: Case, count: int, samples: list[Sample]) -> str:
    if not samples:
        return f"{count} records."
    first = samples[0]
    more = f", the first of {count}" if count > 1 else ""
    return f"the record at {case.place(first)}{more}, reads {first.text!r}."


def _empty(case: Case) -> ClusterError:
    union = case.union
    if union and union.records and union.columns == ():
        return records.EMPTY_OBJECT.error(case.details)
    if union and not union.records and all(each.first == each.end for each in union.places):
        if any(each.first for each in union.places):
            return records.EMPTY_READ.error(case.details, what="What was read of the topic")
        return records.EMPTY_TOPIC.error(case.details, topic=repr(union.topic))
    return records.EMPTY_READ.error(case.details, what="The RDD")


def _of_types(case: Case) -> ClusterError | None:
    message = case.error.message
    if found := NO_TYPE.search(message):
        return records.NO_TYPE.error(case.details, name=found[1])
    if case.error.named == "CANNOT_DETERMINE_TYPE":
        return records.ALL_NULL.error(case.details)
    if case.error.named.startswith(CLASHES):
        return records.TYPE_CLASH.error(case.details, message=message[:300])
    return None


def _key_missing(case: Case) -> ClusterError | None:
    if case.error.name != "KeyError" or not case.error.in_worker:
        return None
    try:
        key = ast.literal_eval(case.error.message)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None
    if not isinstance(key, str):
        return None
    first = next((row for row in _rows(case) if key not in row.values), None)
    if first is None:
        return None
    return records.KEY_MISSING.error(
        case.at(first), name=key, record=case.place(first), keys=names(list(first.values))
    )


def _other_keys(case: Case) -> ClusterError | None:
    if case.error.named != "STRUCT_ARRAY_LENGTH_MISMATCH":
        return None
    rows = list(_rows(case))
    other = next((row for row in rows[1:] if len(row.values) != len(rows[0].values)), None)
    if other is None:
        return records.OTHER_LENGTH.error(case.details, message=case.error.message[:300])
    return records.OTHER_KEYS.error(
        case.at(other),
        first=case.place(rows[0]),
        first_keys=names(list(rows[0].values)),
        record=case.place(other),
        keys=names(list(other.values)),
    )


def _rows(case: Case) -> Iterator[UnionRow]:
    yield from case.union.rows if case.union else ()


def names(keys: list[str]) -> str:
    """Some keys, in words."""
    if not keys:
        return "no keys"
    shown = ", ".join(each[:60] for each in keys[:NAMES])
    more = f" and {len(keys) - NAMES} more" if len(keys) > NAMES else ""
    return f"the key{'s' if len(keys) > 1 else ''} {shown}{more}"
