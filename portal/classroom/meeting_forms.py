"""What people fill in about when a class meets."""

from typing import TYPE_CHECKING, Any

from django import forms

from portal.catalog.models import Lab
from portal.classroom.models import Class, Meeting

if TYPE_CHECKING:
    OfMeeting = forms.ModelForm[Meeting]
else:  # Django's own takes no type arguments when it runs.
    OfMeeting = forms.ModelForm

DAY = forms.DateInput({"type": "date"}, format="%Y-%m-%d")
CLOCK = forms.TimeInput({"type": "time"}, format="%H:%M")


class MeetingForm(OfMeeting):
    """When a class meets, and what is to be ready for it."""

    class Meta:
        model = Meeting
        fields = (
            *("lab", "on", "last_on", "ready_at", "begins_at", "ends_at"),
            *("clusters", "warm", "places", "keep_minutes"),
        )
        labels = {
            "on": "Day",
            "last_on": "Every week until",
            "ready_at": "Ready at",
            "begins_at": "Class begins",
            "ends_at": "Class ends",
            "clusters": "Ready clusters",
            "warm": "Of these with pyspark",
            "places": "Places kept",
            "keep_minutes": "Kept until, minutes after the beginning",
        }
        widgets = {
            **dict.fromkeys(("on", "last_on"), DAY),
            **dict.fromkeys(("ready_at", "begins_at", "ends_at"), CLOCK),
        }

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        labs = labs_of(self.instance.klass)
        self.fields["lab"].queryset = labs  # type: ignore[attr-defined]
        self.fields["lab"].empty_label = None  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """It is ready, begins, and ends, in this order, on one day."""
        data = super().clean() or {}
        ready, begins, ends = (data.get(name) for name in ("ready_at", "begins_at", "ends_at"))
        if ready and begins and ready > begins:
            self.add_error("ready_at", "Clusters have to be ready when the class begins.")
        if begins and ends and ends <= begins:
            said = "It has to end later than it begins. For one past midnight add two."
            self.add_error("ends_at", said)
        day, last = data.get("on"), data.get("last_on")
        if day and last and last < day:
            self.add_error("last_on", "The last day has to be later than the first.")
        if (data.get("warm") or 0) > (data.get("clusters") or 0):
            self.add_error("warm", "These are some of the ready clusters, so not more than them.")
        return data


def labs_of(klass: Class) -> Any:
    """The labs that a class does; all where it has chosen none."""
    own = Lab.objects.filter(assignments__klass=klass)
    return own.order_by("assignments__position") if own else Lab.objects.filter(is_listed=True)
