"""Which records of Kafka a data frame is made of: asked of Spark's own plan, not of its code.

Spark fixes the offsets of a batch read when it plans it. So a plan's RDD, or what an RDD was made
of, names each partition with the offsets that are read, however the code chose them. Where there is
no such plan (the topic isn't there, the code failed before) its relation names the topics at least.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

KAFKA_RDD = "org.apache.spark.sql.kafka010.KafkaSourceRDD"
KAFKA_RELATION = "org.apache.spark.sql.kafka010.KafkaRelation"
DEEPEST = 500
PLACES = 1000

Place = tuple[str, int, int, int]
"""Topic, partition, the first offset that was read, and the one after the last."""


def of_frame(frame: Any, *, may_plan: bool) -> dict[str, list[Any]]:
    """The `places` that a data frame reads; else the `topics`, and a `pattern`, that it names.

    To plan a read asks Kafka, which may not answer: unless `may_plan`, only what was planned
    already is looked at.
    """
    found: dict[str, list[Any]] = {"places": [], "topics": [], "pattern": []}
    rdd = getattr(frame, "_lazy_rdd", None)
    if rdd is not None:
        found["places"] = of_rdd(rdd)
    elif may_plan or not list(relations(frame)):
        with contextlib.suppress(Exception):
            found["places"] = list(places_of_plan(frame))
    if not found["places"]:
        for relation in relations(frame):
            kind, names = named_by(relation)
            found[kind] += names
    return found


def of_rdd(rdd: Any) -> list[Place]:
    """The places that an RDD of Python's was made of."""
    with contextlib.suppress(Exception):
        return list(places_of(rdd._jrdd.rdd()))
    return []


def places_of_plan(frame: Any) -> Iterator[Place]:
    """Yield what the leaves of a frame's plan read."""
    leaves = frame._jdf.queryExecution().sparkPlan().collectLeaves()
    for at in range(leaves.size()):
        leaf = leaves.apply(at)
        with contextlib.suppress(Exception):
            if leaf.getClass().getSimpleName() == "InMemoryTableScanExec":
                cached = leaf.relation().cachedPlan().collectLeaves()
                for number in range(cached.size()):
                    yield from places_of(cached.apply(number).rdd())
            else:
                yield from places_of(leaf.rdd())


def places_of(rdd: Any) -> Iterator[Place]:
    """Yield what an RDD of the JVM's was made of, in the order in which it is read."""
    waiting = [rdd]
    seen: set[int] = set()
    while waiting and len(seen) < DEEPEST:
        here = waiting.pop()
        if here.id() in seen:
            continue
        seen.add(here.id())
        if here.getClass().getName() == KAFKA_RDD:
            for part in list(here.partitions())[:PLACES]:
                read = part.offsetRange()
                yield read.topic(), read.partition(), read.fromOffset(), read.untilOffset()
        dependencies = here.dependencies()
        size = dependencies.size()
        waiting += [dependencies.apply(at).rdd() for at in reversed(range(size))]


def relations(frame: Any) -> Iterator[Any]:
    """Yield the relations to Kafka in a frame's analyzed plan."""
    with contextlib.suppress(Exception):
        leaves = frame._jdf.queryExecution().analyzed().collectLeaves()
        for at in range(leaves.size()):
            with contextlib.suppress(Exception):
                relation = leaves.apply(at).relation()
                if relation.getClass().getName() == KAFKA_RELATION:
                    yield relation


def named_by(relation: Any) -> tuple[str, list[str]]:
    """The topics that a relation subscribes to, or its pattern."""
    with contextlib.suppress(Exception):
        field = relation.getClass().getDeclaredField("strategy")
        field.setAccessible(True)
        strategy = field.get(relation)
        match strategy.getClass().getSimpleName():
            case "SubscribeStrategy":
                return "topics", sorted(strategy.topics().mkString("\n").split("\n"))
            case "SubscribePatternStrategy":
                return "pattern", [strategy.topicPattern()]
            case "AssignStrategy":
                names = {each.topic() for each in strategy.partitions()}
                return "topics", sorted(names)
    return "topics", []


def merged(places: list[Place]) -> list[Place]:
    """Each partition once, with all that any of the reads had of it; in the order given."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for topic, partition, first, end in places:
        known = found.get((topic, partition), (first, end))
        # An end that is not fixed, -1, is the latest.
        last = -1 if -1 in (known[1], end) else max(known[1], end)
        found[topic, partition] = min(known[0], first), last
    return [(*where, *offsets) for where, offsets in found.items()]
