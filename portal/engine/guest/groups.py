"""Tell of every consumer group, again whenever that changes: `python -m guest.groups BROKER`.

One line holds all groups: their state and members, and by partition what is committed, where the
partition ends, and who reads it. With `--once` it is told once.
"""

import sys
from collections.abc import Iterable
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from . import changes

GROUPS = 50
MEMBERS = 50
PARTITIONS = 200
"""Of a group."""


def describe(admin: KafkaAdminClient, consumer: KafkaConsumer) -> list[dict[str, Any]]:
    """Every group, by name."""
    names = sorted(each["group_id"] for each in admin.list_groups())[:GROUPS]
    if not names:
        return []
    about = admin.describe_groups(names)
    committed = {}
    for name in names:  # This broker takes one group a question.
        committed[name] = admin.list_group_offsets(name).get(name, {})
    readers = {name: assigned(about[name]["members"]) for name in names}
    places = {name: sorted({*committed[name], *readers[name]})[:PARTITIONS] for name in names}
    ends = ends_of(consumer, {place for each in places.values() for place in each})
    return [
        {
            "name": name,
            "state": str(about[name].get("group_state") or about[name].get("state") or ""),
            "members": [
                {"id": each["member_id"], "client": each["client_id"], "host": each["client_host"]}
                for each in about[name]["members"][:MEMBERS]
            ],
            "member_count": len(about[name]["members"]),
            "partitions": [
                {
                    "topic": place.topic,
                    "partition": place.partition,
                    "committed": offset_of(committed[name].get(place)),
                    "end": ends.get(place),
                    "member": readers[name].get(place, ""),
                }
                for place in places[name]
            ],
        }
        for name in names
    ]


def ends_of(consumer: KafkaConsumer, places: Iterable[TopicPartition]) -> dict[Any, int]:
    """Where partitions end; those of topics that are gone have no end."""
    topics = consumer.topics()
    there = [each for each in places if each.topic in topics]
    return consumer.end_offsets(there) if there else {}


def assigned(members: Iterable[Any]) -> dict[Any, str]:
    """The member that reads a partition, by partition."""
    found = {}
    for each in members:
        given = each.get("member_assignment") or {}
        for topic, partitions in pairs(given):
            for partition in partitions:
                found[TopicPartition(topic, partition)] = each["member_id"]
    return found


def pairs(given: Any) -> Iterable[tuple[str, list[int]]]:
    """Topics with their partitions, of an assignment; nothing of one that can't be read."""
    if not isinstance(given, dict):
        return
    for each in given.get("assigned_partitions") or given.get("assignment") or ():
        if isinstance(each, dict):
            yield each["topic"], each["partitions"]
        else:
            yield each[0], each[1]


def offset_of(found: Any) -> int | None:
    """What is committed; None for nothing."""
    return found.offset if found is not None and found.offset >= 0 else None


def main(argv: list[str] | None = None) -> int:
    """Run until killed."""
    return changes.run("groups", describe, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
