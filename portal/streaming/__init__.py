"""Structured streaming: a panel that shows the queries of a pyspark live, and ends them."""
