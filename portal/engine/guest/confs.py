"""Spark's settings as words of a command; and those that a lab has which names none."""

from collections.abc import Mapping

QUICK = {
    # A session's share of its host, however many processors that has.
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    # Its bar redraws one line of a terminal, which a page hasn't got.
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.catalogImplementation": "in-memory",
}
"""For one student and a few records."""


def words(conf: Mapping[str, str]) -> tuple[str, ...]:
    """`--conf NAME=VALUE` for each."""
    return tuple(word for name, value in conf.items() for word in ("--conf", f"{name}={value}"))
