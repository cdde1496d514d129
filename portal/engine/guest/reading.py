"""Have Spark read a topic without a wait at its end, and in larger pieces.

After its last record a Kafka consumer asks for more, and the broker holds that request for half a
second. What Spark asks next, where the topic begins and ends, stands in line behind it: each job
on a topic, however small, took that much longer. And of what has come it takes 500 records at a
time, which is half of what reading a million costs. No `--conf` reaches a reader's consumer.

Where nothing listens at the address that the code names, it would take Spark minutes to say so.
"""

import functools
from collections.abc import Callable
from typing import Any

from .warm import listens

SERVERS = "kafka.bootstrap.servers"
SHORT = {
    "fetchOffset.numRetries": "1",
    "kafka.request.timeout.ms": "2000",
    "kafka.default.api.timeout.ms": "3000",
}
"""For a read of a broker that isn't there."""
OPTIONS = {"kafka.fetch.max.wait.ms": "20", "kafka.max.poll.records": "2000"}


def hasten(reader: Any) -> None:
    """Give the class of `spark.read` these options for Kafka; what the code gives later wins."""
    plain = reader.format

    @functools.wraps(plain)
    def chosen(self: Any, source: str) -> Any:
        made = plain(self, source)
        return made.options(**OPTIONS) if source.lower() == "kafka" else made

    reader.format = chosen


def give_up_soon(reader: Any) -> None:
    """Have the class of `spark.read` not wait for a broker where nothing listens."""
    reader.option = noting(reader.option, lambda key, value: {key: value})
    reader.options = noting(reader.options, lambda **options: options)
    reader.load = impatient(reader.load)


def noting(plain: Callable[..., Any], options_of: Callable[..., dict[str, Any]]) -> Any:
    """A method of a reader's that remembers where Kafka is said to be."""

    @functools.wraps(plain)
    def noted(self: Any, *given: Any, **named: Any) -> Any:
        for key, value in options_of(*given, **named).items():
            if str(key).lower() == SERVERS:
                self._sluice_servers = str(value)
        return plain(self, *given, **named)

    return noted


def impatient(plain: Callable[..., Any]) -> Any:
    """`load` that waits for no broker where there is none."""

    @functools.wraps(plain)
    def loaded(self: Any, *given: Any, **named: Any) -> Any:
        servers = getattr(self, "_sluice_servers", "")
        if servers and not any(map(listens, servers.replace(" ", "").split(","))):
            for name, value in SHORT.items():
                self._jreader = self._jreader.option(name, value)
        return plain(self, *given, **named)

    return loaded
