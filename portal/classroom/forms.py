"""What people fill in about classes."""

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm
from django.template.loader import render_to_string
from django.utils import timezone

from portal.catalog.models import Lab
from portal.catalog.queries import published
from portal.classroom import tasks
from portal.classroom.limits import WAIT
from portal.classroom.models import Assignment, Class, Membership, Staff, User
from portal.classroom.services.roster import MOST_BYTES

if TYPE_CHECKING:
    OfClass = forms.ModelForm[Class]
    OfAssignment = forms.ModelForm[Assignment]
    OfMembership = forms.ModelForm[Membership]
else:  # Django's own take no type arguments when they run.
    OfClass = OfAssignment = OfMembership = forms.ModelForm

MOMENT = forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

HOURS = ((2, "2 hours"), (24, "a day"), (24 * 7, "a week"), (24 * 120, "a term (120 days)"))


class ClassForm(OfClass):
    """A class's name, its lab, and whether guests may come."""

    class Meta:
        model = Class
        fields: tuple[str, ...] = ("name", "lab", "admits_guests")
        labels = {"admits_guests": "Guests may come by link"}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["lab"].queryset = Lab.objects.filter(is_listed=True)  # type: ignore[attr-defined]
        self.fields["lab"].empty_label = "the one launched last"  # type: ignore[attr-defined]


class SettingsForm(ClassForm):
    """The same, and how it counts and by whose clock."""

    class Meta(ClassForm.Meta):
        fields = (*ClassForm.Meta.fields, "counts", "time_zone", "quiet_at", "keep_days")
        labels = {
            **ClassForm.Meta.labels,
            "counts": "Of several attempts counts",
            "time_zone": "Time zone",
            "quiet_at": "Quiet hour",
            "keep_days": "Keep what sessions recorded, days",
        }
        widgets = {"quiet_at": forms.TimeInput({"type": "time"}, format="%H:%M")}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        own = f"the portal's own ({settings.TIME_ZONE})"
        choices = [("", own), *((each, each) for each in sorted(available_timezones()))]
        self.fields["time_zone"] = forms.ChoiceField(
            choices=choices,
            required=False,
            label="Time zone",
            help_text="Whose clock deadlines and the quiet hour go by.",
        )


class CopyForm(forms.Form):
    """A class for the next term."""

    name = forms.CharField(max_length=80, label="Name")
    days = forms.IntegerField(
        required=False,
        min_value=-3650,
        max_value=3650,
        label="Times so many days later",
        help_text="By the class's clock: 364 is the same weekday next year. Empty: no times.",
    )
    has_staff = forms.BooleanField(required=False, label="Run by the same people")


class StaffForm(forms.Form):
    """Somebody who is to run a class, by name."""

    user = forms.CharField(max_length=150, label="Username")
    role = forms.ChoiceField(
        choices=Staff.Role.choices, initial=Staff.Role.ASSISTANT, label="As", required=True
    )
    may_grade = forms.BooleanField(required=False, label="An assistant who sees and gives grades")

    def clean(self) -> dict[str, Any]:
        """Only instructors run classes; anybody with a login can help in one.

        One text for all reasons: logins are no public list.
        """
        data = super().clean() or {}
        name = str(data.get("user", "")).strip()
        user = User.objects.filter(username=name, is_active=True, is_guest=False).first()
        if user is None:
            raise forms.ValidationError("Nobody has this username.")
        if data.get("role") != Staff.Role.ASSISTANT and not user.has_perm("classroom.add_class"):
            raise forms.ValidationError("No instructor has this username.")
        return {**data, "user": user}


class MemberForm(OfMembership):
    """A member's accommodation."""

    class Meta:
        model = Membership
        fields = ("time_multiplier",)
        labels = {"time_multiplier": "Time multiplier"}
        widgets = {"time_multiplier": forms.NumberInput({"step": "0.05", "min": "1", "max": "5"})}


class NoteForm(forms.Form):
    """A note on a student."""

    text = forms.CharField(max_length=2000, label="Note", widget=forms.Textarea({"rows": 3}))
    is_shown = forms.BooleanField(required=False, label="The student reads it too")


class AssignmentForm(OfAssignment):
    """A lab of a class: its version, its worth, and from when to when it counts."""

    class Meta:
        model = Assignment
        fields = (
            "version",
            "opens_at",
            "due_at",
            "closes_at",
            "late_percent",
            "late_floor",
            "points",
            "runtime",
            "lms_column",
        )
        labels = {
            "opens_at": "Opens",
            "due_at": "Due",
            "closes_at": "Closes",
            "late_percent": "Late: percent a day",
            "late_floor": "Late: never less than, percent",
            "points": "Worth, points",
            "lms_column": "Column in Canvas",
        }
        widgets = dict.fromkeys(("opens_at", "due_at", "closes_at"), MOMENT)

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        versions = published().filter(lab=self.instance.lab_id)
        self.fields["version"].queryset = versions  # type: ignore[attr-defined]
        self.fields["version"].empty_label = "the newest"  # type: ignore[attr-defined]
        names = [("", "the portal's own"), *((each, each) for each in settings.SLUICE_RUNTIMES)]
        self.fields["runtime"] = forms.ChoiceField(choices=names, required=False, label="Runs by")

    def full_clean(self) -> None:
        """Read times by the class's clock."""
        with timezone.override(self.instance.klass.zone):
            super().full_clean()

    def clean(self) -> dict[str, Any]:
        """It opens, is due, and closes, in this order."""
        data = super().clean() or {}
        order = [(name, data.get(name)) for name in ("opens_at", "due_at", "closes_at")]
        known = [(name, at) for name, at in order if at is not None]
        for (before, earlier), (name, later) in pairwise(known):
            if later <= earlier:
                labels = self.Meta.labels
                said = f"“{labels[name]}” has to be later than “{labels[before]}”."
                self.add_error(name, said)
        return data


class CodeForm(forms.Form):
    """A new way into a class."""

    hours = forms.TypedChoiceField(choices=HOURS, coerce=int, initial=24, label="Open for")
    kind = forms.ChoiceField(
        choices=(
            ("open", "for everybody"),
            ("single", "for one person"),
            ("guest", "a link for guests"),
        ),
        label="Good",
    )


class LoginForm(AuthenticationForm):
    """Django's own, which says so when there were too many tries."""

    def get_invalid_login_error(self) -> forms.ValidationError:
        """Whether the password was right is not told then: nobody has looked."""
        if getattr(self.request, "is_too_often", False):
            return forms.ValidationError(WAIT, code="too_often")
        return super().get_invalid_login_error()


class JoinForm(forms.Form):
    """A code, as somebody types it from a blackboard."""

    code = forms.CharField(max_length=20, label="Join code")


class RosterForm(forms.Form):
    """A roster: a file at first, its text when it is confirmed."""

    file = forms.FileField(
        required=False,
        label="CSV file",
        widget=forms.FileInput(
            {"accept": ".csv,.txt,.tsv,.xls,text/csv,text/plain", "data-most": MOST_BYTES}
        ),
        help_text=f"At most {MOST_BYTES >> 20} MB.",
    )
    text = forms.CharField(required=False, strip=False, widget=forms.Textarea({"rows": 6}))

    def clean(self) -> dict[str, Any]:
        """One of the two."""
        data = super().clean() or {}
        if not data.get("file") and not data.get("text"):
            raise forms.ValidationError("Choose a CSV file, or paste its text.")
        return data


class WordsForm(forms.Form):
    """What an instructor says."""

    text = forms.CharField(max_length=1000, label="Message", widget=forms.Textarea({"rows": 3}))


class ForgottenForm(PasswordResetForm):
    """Django's own. A worker sends the mail: how long that takes must not tell who has a login."""

    def send_mail(
        self,
        subject_template_name: str,
        email_template_name: str,
        context: dict[str, Any],
        from_email: str | None,
        to_email: str,
        html_email_template_name: str | None = None,
    ) -> None:
        """Hand it to the worker."""
        subject = render_to_string(subject_template_name, context).strip()
        body = render_to_string(email_template_name, context)
        tasks.send_mail.delay_on_commit(subject, body, to_email)  # type: ignore[attr-defined]
