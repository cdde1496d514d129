"""A table that a student extracted, and beside it all that the topic held. Outlives the cluster."""

from django.db import models
from django.utils import timezone

from portal.engine.printed import AS_SHOWN


class Extraction(models.Model):
    """What one run of a spark step gave."""

    session = models.ForeignKey(
        "activities.Session", on_delete=models.CASCADE, related_name="extractions"
    )
    step_run = models.OneToOneField(
        "activities.StepRun",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="extraction",
    )
    created_at = models.DateTimeField(default=timezone.now)
    error = models.TextField(blank=True, help_text="Why the code did not run to its end.")

    has_table = models.BooleanField(default=False)
    table_name = models.CharField(max_length=200, blank=True)
    columns = models.JSONField(default=list, help_text='[{"name": …, "type": …}, …]')
    row_count = models.PositiveBigIntegerField(default=0)
    truncated = models.BooleanField(default=False, help_text="Not every row is kept.")

    topic = models.CharField(max_length=300, blank=True)
    records = models.PositiveBigIntegerField(default=0, help_text="How many the topic held.")
    union_columns = models.JSONField(default=list, help_text="Every key that a record had.")
    union_truncated = models.BooleanField(default=False)
    dropped = models.JSONField(
        default=list, help_text='[{"column": …, "rows_with_it": …, "first_offset": …}, …]'
    )
    reason = models.TextField(blank=True, help_text="Why columns were dropped.")
    because = models.CharField(
        max_length=20, blank=True, help_text="The same for programs: first-row or chosen."
    )
    places = models.JSONField(
        default=list, help_text="What Spark read: topic, partition, offsets, in its order."
    )
    findings = models.JSONField(
        default=list, help_text="Where the table says otherwise than its records."
    )
    not_json = models.PositiveBigIntegerField(default=0)
    not_object = models.PositiveBigIntegerField(default=0)
    samples = models.JSONField(default=list, help_text="The first records that are no objects.")
    problem = models.CharField(max_length=20, blank=True, help_text="Why the topic wasn't read.")

    shown = models.JSONField(
        default=list,
        help_text='Other tables that were printed: [{"columns": …, "rows": …, "is_cut": …}, …]',
    )

    store = models.CharField(max_length=40, blank=True, help_text="The file that has the rows.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes of that file.")
    summary = models.JSONField(default=dict, help_text="Types, nulls and counts, by table.")

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["session", "-id"], name="extractions_of_session")]

    def __str__(self) -> str:
        return f"{self.session_id}: {self.table_name or self.topic}"

    @property
    def has_union(self) -> bool:
        """Whether the topic was looked at."""
        return bool(self.topic) and self.problem != "no-topic"

    @property
    def is_text(self) -> bool:
        """Whether the table was read from what `show()` printed."""
        return self.has_table and self.table_name == AS_SHOWN

    @property
    def topics(self) -> list[str]:
        """The topics that Spark read."""
        return list(dict.fromkeys(each["topic"] for each in self.places)) or [self.topic]

    @property
    def has_topics(self) -> bool:
        """Whether a record's place needs its topic to be told; then its rows have it."""
        return len(self.topics) > 1

    @property
    def dropped_names(self) -> list[str]:
        """The names of the columns that the table lacks."""
        return [each["column"] for each in self.dropped]
