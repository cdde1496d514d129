"""Labs in the admin: written, validated with line and column, published, retired."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.catalog import services, syntax
from portal.catalog.authoring import LabPages, VersionPages
from portal.catalog.models import Lab, LabVersion
from portal.catalog.widgets import FilesField
from portal.engine.parse import LabInvalid, Problem

if TYPE_CHECKING:
    LabVersionForm = forms.ModelForm[LabVersion]
    LabVersionInline = admin.TabularInline[LabVersion, Lab]
else:  # Django's own take no type arguments when they run.
    LabVersionForm = forms.ModelForm
    LabVersionInline = admin.TabularInline

WORDS = ("lab", "source", "files")
READ = ("lab", "text", "texts_beside")
"""The same, of a version that can't change any more."""


class VersionForm(LabVersionForm):
    """A version's text. Whatever is wrong with it is told at the text, line by line."""

    source = forms.CharField(
        strip=False,
        widget=forms.Textarea({"rows": 40, "cols": 110, "spellcheck": "false", "wrap": "off"}),
    )

    class Meta:
        model = LabVersion
        fields = WORDS

    def clean_source(self) -> str:
        """With a file's line ends, whatever the browser sent."""
        return str(self.cleaned_data["source"]).replace("\r\n", "\n")

    files = FilesField(  # type: ignore[assignment]  # Not the uploads that a form calls so.
        required=False, help_text="Those that 'from' names in lab.yaml."
    )

    def clean_files(self) -> dict[str, str]:
        """Texts by path; an empty form has none."""
        files: dict[str, str] = self.cleaned_data["files"] or {}
        return files

    def clean(self) -> dict[str, Any]:
        """Read the lab as loading it would."""
        data = super().clean() or {}
        if all(data.get(word) is not None for word in WORDS):
            self.read(data["lab"], data["source"], data["files"])
        for path, problem in syntax.problems_in(data.get("files") or {}).items():
            self.add_error("files", f"{path}: {in_words(problem)}")
        return data

    def read(self, lab: Lab, source: str, files: dict[str, str]) -> None:
        """Add an error for each problem."""
        try:
            spec = services.read_text(source, files)
            if spec.name != lab.name:
                raise LabInvalid([services.misnamed(source, spec, lab)])
        except LabInvalid as error:
            for problem in error.problems:
                self.add_error("source", in_words(problem))


def in_words(problem: Problem) -> str:
    """A problem as the form tells it."""
    key = f"{problem.key}: " if problem.key else ""
    return f"Line {problem.line}, column {problem.column}: {key}{problem.message}"


class VersionInline(LabVersionInline):
    """A lab's versions, to go to."""

    model = LabVersion
    fields = readonly_fields = ("number", "status", "is_used", "created_at")
    extra = 0
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:
        """A version is added on its own page, where there is room for its text."""
        return False


@admin.register(Lab)
class LabAdmin(LabPages):
    """Labs by name."""

    list_display = ("name", "title", "is_listed", "created_at")
    list_editable = ("is_listed",)
    fields = ("name", "title", "is_listed")
    readonly_fields = ("title",)
    inlines = (VersionInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:
        """Not while one of its versions is history; those are retired, and the lab unlisted."""
        if obj is not None and obj.versions.filter(is_used=True).exists():
            return False
        return super().has_delete_permission(request, obj)


@admin.register(LabVersion)
class LabVersionAdmin(VersionPages):
    """Versions. A used one can be looked at, copied to a draft, published and retired."""

    form = VersionForm
    list_display = ("__str__", "status", "is_used", "created_at", "published_at", "retired_at")
    list_filter = ("lab", "is_used")
    list_select_related = ("lab",)
    facts = ("number", "status", "digest", "is_used", "published_at", "retired_at")
    actions = ("publish", "retire", "copy_to_draft")

    def get_readonly_fields(
        self, request: HttpRequest, obj: LabVersion | None = None
    ) -> tuple[str, ...]:
        """What a used version says is read-only."""
        return (*READ, *self.facts) if obj is not None and obj.is_used else self.facts

    def get_fields(self, request: HttpRequest, obj: LabVersion | None = None) -> tuple[str, ...]:
        """A text that can't be changed is shown as it stands, indentation and all."""
        return (*READ, *self.facts) if obj is not None and obj.is_used else (*WORDS, *self.facts)

    @admin.display(description="lab.yaml")
    def text(self, version: LabVersion) -> SafeString:
        """The definition."""
        return format_html('<pre class="lab-text">{}</pre>', version.source)

    @admin.display(description="Files")
    def texts_beside(self, version: LabVersion) -> SafeString:
        """The files that it names."""
        return format_html_join(
            "",
            '<p><b>{}</b></p><pre class="lab-text">{}</pre>',
            sorted(version.files.items()),
        )

    def has_delete_permission(self, request: HttpRequest, obj: LabVersion | None = None) -> bool:
        """Not a used one, nor many at once, which would not ask each."""
        if obj is None or obj.is_used:
            return False
        return super().has_delete_permission(request, obj)

    def save_model(
        self, request: HttpRequest, obj: LabVersion, form: LabVersionForm, change: bool
    ) -> None:
        """A new version gets the lab's next number."""
        if not change:
            obj.number = services.next_number(obj.lab)
        super().save_model(request, obj, form, change)

    @admin.action(description="Publish: offer to students", permissions=["change"])
    def publish(self, request: HttpRequest, chosen: QuerySet[LabVersion]) -> None:
        """Publish those that are valid, and say what is wrong with the others."""
        for version in chosen:
            try:
                services.publish(version)
            except LabInvalid as error:
                self.message_user(request, f"{version}: {error}", messages.ERROR)

    @admin.action(description="Retire: launch no more sessions", permissions=["change"])
    def retire(self, request: HttpRequest, chosen: QuerySet[LabVersion]) -> None:
        """Retire them."""
        for version in chosen:
            services.retire(version)

    @admin.action(description="Copy to a new draft", permissions=["add"])
    def copy_to_draft(self, request: HttpRequest, chosen: QuerySet[LabVersion]) -> None:
        """Copy them."""
        for version in chosen:
            self.message_user(request, f"Made {services.draft_from(version)}, a draft.")
