"""Spark's settings for one student and a few records, where a lab names none."""

QUICK = {
    # A session's share of its host, however many processors that has.
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    # Its bar redraws one line of a terminal, which a page hasn't got.
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.catalogImplementation": "in-memory",
}
