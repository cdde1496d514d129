"""What people fill in about classes."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import PasswordResetForm
from django.template.loader import render_to_string

from portal.catalog.models import Lab
from portal.classroom import tasks
from portal.classroom.models import Class, User

if TYPE_CHECKING:
    OfClass = forms.ModelForm[Class]
else:  # Django's own take no type arguments when they run.
    OfClass = forms.ModelForm

HOURS = ((2, "2 hours"), (24, "a day"), (24 * 7, "a week"), (24 * 120, "a term (120 days)"))


class ClassForm(OfClass):
    """A class's name, its lab, and whether guests may come."""

    class Meta:
        model = Class
        fields = ("name", "lab", "admits_guests")
        labels = {"admits_guests": "Guests may come by link"}

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["lab"].queryset = Lab.objects.filter(is_listed=True)  # type: ignore[attr-defined]
        self.fields["lab"].empty_label = "the one launched last"  # type: ignore[attr-defined]


class InstructorForm(forms.Form):
    """Another instructor for a class, by name."""

    username = forms.CharField(max_length=150, label="Username of an instructor")

    def clean_username(self) -> User:
        """Only those who may have classes. One text for all reasons: logins are no public list."""
        name = self.cleaned_data["username"].strip()
        user = User.objects.filter(username=name, is_active=True).first()
        if user is None or not user.has_perm("classroom.add_class"):
            raise forms.ValidationError("No instructor has this username.")
        return user


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


class JoinForm(forms.Form):
    """A code, as somebody types it from a blackboard."""

    code = forms.CharField(max_length=20, label="Join code")


class RosterForm(forms.Form):
    """A roster: a file at first, its text when it is confirmed."""

    file = forms.FileField(required=False, label="CSV file")
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
