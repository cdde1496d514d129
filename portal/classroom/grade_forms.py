"""What people fill in about one student's grade."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.forms.models import model_to_dict
from django.utils import timezone

from portal.classroom.forms import MOMENT
from portal.classroom.gradebook import Score
from portal.classroom.models import Class, Grade


class GradeForm(forms.Form):
    """An instructor's word on one student's lab."""

    points = forms.DecimalField(
        required=False, min_value=0, max_digits=7, decimal_places=2, label="Points instead"
    )
    reason = forms.CharField(required=False, max_length=300, label="Why (instructors read it)")
    comment = forms.CharField(
        required=False,
        max_length=2000,
        label="Comment (the student reads it)",
        widget=forms.Textarea({"rows": 3}),
    )
    revision = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    @classmethod
    def of(cls, grade: Grade | None) -> "GradeForm":
        """What is there, to be changed."""
        if grade is None:
            return cls(initial={"revision": 0})
        return cls(initial=model_to_dict(grade, ("points", "reason", "comment", "revision")))

    def read_anew(self, grade: Grade | None) -> None:
        """What was typed stays, and is sent again as an answer to what is there now."""
        self.data = self.data.copy()  # type: ignore[attr-defined]
        self.data["revision"] = str(grade.revision if grade else 0)  # type: ignore[index]

    def clean(self) -> dict[str, Any]:
        """Points that nobody can account for are none."""
        data = super().clean() or {}
        if data.get("points") is not None and not data.get("reason"):
            self.add_error("reason", "Say why these points count in place of the counted ones.")
        return data


class ExtensionForm(forms.Form):
    """More time for one."""

    due_at = forms.DateTimeField(label="Due for them", widget=MOMENT)
    reason = forms.CharField(required=False, max_length=300, label="Why")

    due: datetime | None = None
    zone: ZoneInfo

    @classmethod
    def of(cls, klass: Class, score: Score, data: Any = None) -> "ExtensionForm":
        """For a student; times are those of the class's clock."""
        with timezone.override(klass.zone):
            given = score.extension
            initial = {"due_at": given.due_at, "reason": given.reason} if given else {}
            form = cls(data, initial=initial, auto_id="extension_%s")  # Beside another form.
        form.due, form.zone = score.column.assignment.due_at, klass.zone
        return form

    def full_clean(self) -> None:
        """Read times by the class's clock."""
        with timezone.override(self.zone):
            super().full_clean()

    def clean_due_at(self) -> datetime:
        """Later than everybody's."""
        at: datetime = self.cleaned_data["due_at"]
        if self.due is None:
            raise forms.ValidationError("The lab has no deadline that could be extended.")
        if at <= self.due:
            raise forms.ValidationError("An extension ends later than the class's deadline.")
        return at
