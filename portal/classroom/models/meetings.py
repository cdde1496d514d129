"""When a class meets, and what is to be ready for it then."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from portal.catalog.models import Lab

MOST = [MaxValueValidator(500)]


class Meeting(models.Model):
    """A time at which a class works together, once or every week, by the clock of its zone."""

    klass = models.ForeignKey("classroom.Class", on_delete=models.CASCADE, related_name="meetings")
    lab = models.ForeignKey(Lab, on_delete=models.CASCADE, related_name="+")
    on = models.DateField()
    last_on = models.DateField(
        null=True,
        blank=True,
        help_text="On the same day of each week until then; only once if empty.",
    )
    ready_at = models.TimeField(
        help_text="The clusters are up by then: the portal begins some minutes before."
    )
    begins_at = models.TimeField()
    ends_at = models.TimeField(
        help_text="Ready clusters that nobody has taken end then. Those in use stay."
    )
    clusters = models.PositiveIntegerField(
        default=0,
        validators=MOST,
        help_text="So many are up before anybody asks: who launches gets one at once.",
    )
    warm = models.PositiveIntegerField(
        default=0,
        validators=MOST,
        help_text="In so many of these pyspark has started too, which takes more memory.",
    )
    places = models.PositiveIntegerField(
        default=0,
        validators=MOST,
        help_text="So many are kept for students of the class, while others wait in line.",
    )
    keep_minutes = models.PositiveIntegerField(
        default=10,
        validators=[MinValueValidator(0), MaxValueValidator(240)],
        help_text="Until so many minutes after the beginning. Then they are for all.",
    )

    class Meta:
        ordering = ["on", "ready_at", "pk"]

    def __str__(self) -> str:
        return f"{self.klass} on {self.on}"
