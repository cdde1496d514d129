"""Kafka clients set for a broker on the same host: they retry at once and wait for nothing."""

import logging
from typing import Any

from kafka.cluster import ClusterMetadata

# A client says at length that a broker isn't there yet; the guest's caller knows.
logging.getLogger("kafka").setLevel(logging.CRITICAL)

# No client hands these two on to its metadata: 100 ms between two questions would be a third of
# a cluster's readiness, and asking for a topic must never create it.
ClusterMetadata.DEFAULT_CONFIG |= {"retry_backoff_ms": 10, "allow_auto_create_topics": False}

BACKOFF: dict[str, Any] = {
    "reconnect_backoff_ms": 20,
    "reconnect_backoff_max_ms": 50,
    "retry_backoff_ms": 20,
}

READER: dict[str, Any] = {
    "fetch_max_bytes": 4 << 20,
    "max_poll_records": 2000,
    # In Python it is most of what reading costs. The broker checked it, and is on the same host.
    "check_crcs": False,
    "enable_auto_commit": False,
    "allow_auto_create_topics": False,
}
"""For a consumer of many records."""


def settings(bootstrap: str, seconds: float) -> dict[str, Any]:
    """What every client is given: where the broker is, and how long to look for it."""
    return BACKOFF | {
        "bootstrap_servers": bootstrap,
        "bootstrap_timeout_ms": max(1, int(seconds * 1000)),
    }
