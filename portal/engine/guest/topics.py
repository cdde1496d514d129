"""Tell of every topic, again whenever that changes: `python -m guest.topics BROKER`.

One line holds all topics: their partitions, where those begin and end, and the settings that
differ from Kafka's own. With `--once` it is told once.
"""

import sys
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition

from . import changes

TOPICS = 200
PARTITIONS = 100
CONFIGS = 50
HIDDEN = "__sluice"
"""The portal's own probe of the broker."""


class Topics:
    """Looks at the topics of a broker."""

    def __init__(self, admin: KafkaAdminClient, consumer: KafkaConsumer):
        self.admin, self.consumer = admin, consumer

    def describe(self) -> list[dict[str, Any]]:
        """Every topic, by name."""
        found = [each for each in self.admin.describe_topics() if not each["error_code"]]
        found = [each for each in found if not each["name"].startswith(HIDDEN)]
        found = sorted(found, key=lambda each: each["name"])[:TOPICS]
        places = [
            TopicPartition(each["name"], partition["partition_index"])
            for each in found
            for partition in each["partitions"][:PARTITIONS]
            if partition["leader_id"] >= 0
        ]
        begins = self.consumer.beginning_offsets(places) if places else {}
        ends = self.consumer.end_offsets(places) if places else {}
        configs = self.configs([each["name"] for each in found])
        return [
            {
                "name": each["name"],
                "identity": str(each.get("topic_id") or ""),
                "is_internal": bool(each["is_internal"]) or each["name"].startswith("__"),
                "partitions": sorted(
                    [place.partition, begins[place], ends[place]]
                    for place in places
                    if place.topic == each["name"]
                ),
                "count": len(each["partitions"]),
                "replicas": max((len(p["replica_nodes"]) for p in each["partitions"]), default=0),
                "configs": configs.get(each["name"], {}),
            }
            for each in found
        ]

    def configs(self, names: list[str]) -> dict[str, dict[str, str]]:
        """The settings that somebody has changed, by topic."""
        from kafka.admin import ConfigResource, ConfigResourceType

        if not names:
            return {}
        wanted = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        found: dict[str, dict[str, str]] = {}
        answer = self.admin.describe_configs(wanted, config_filter="modified")
        for resources in answer.values():
            for name, settings_of in resources.items():
                pairs = list(settings_of.items())[:CONFIGS]
                found[name] = {key: value_of(given)[:200] for key, given in pairs}
        return found


def value_of(given: Any) -> str:
    """A setting's value, however the client wraps it."""
    return str(given.get("value") if isinstance(given, dict) else given)


def look(admin: KafkaAdminClient, consumer: KafkaConsumer) -> list[dict[str, Any]]:
    """Every topic, by name."""
    return Topics(admin, consumer).describe()


def main(argv: list[str] | None = None) -> int:
    """Run until killed."""
    return changes.run("topics", look, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
