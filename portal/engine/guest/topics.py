"""Tell of every topic, again whenever that changes: `python -m guest.topics kafka:29092`.

One line holds all topics: their partitions, where those begin and end, and the settings that
differ from Kafka's own. With `--once` it is told once.
"""

import argparse
import contextlib
import os
import sys
import time
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from .clients import settings
from .lines import emit

LOOK_SECONDS = 1.0
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


def watch(bootstrap: str, once: bool) -> None:
    """Tell of the topics until killed."""
    told: object = None
    while True:
        try:
            given = settings(bootstrap, 2.0) | {"request_timeout_ms": 5000}
            with (
                contextlib.closing(KafkaAdminClient(**given)) as admin,
                contextlib.closing(KafkaConsumer(**given, enable_auto_commit=False)) as consumer,
            ):
                topics = Topics(admin, consumer)
                while True:
                    found = topics.describe()
                    if found != told:
                        emit("topics", topics=found)
                        told = found
                    if once:
                        return
                    time.sleep(LOOK_SECONDS)
        except (KafkaError, OSError):
            if once:
                raise
            time.sleep(LOOK_SECONDS)


def main(argv: list[str] | None = None) -> int:
    """Run until killed; the reader going away is no error."""
    parser = argparse.ArgumentParser(prog="guest.topics", description=__doc__)
    parser.add_argument("bootstrap")
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args(argv)
    try:
        watch(options.bootstrap, options.once)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
