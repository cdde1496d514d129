"""What other apps may listen to."""

from django.dispatch import Signal

step_output = Signal()
"""A step gave something worth keeping. Sent with `session`, `run` and `outcome`, which is an
engine dataclass (`spark.SparkOutcome` or `http.Exchange`)."""
