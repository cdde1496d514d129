"""Labs in the admin: listed, published, retired and deleted. They are written in the editor."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from portal.catalog import services
from portal.catalog.authoring import LabPages, VersionPages, tell
from portal.catalog.models import Lab, LabVersion
from portal.catalog.signals import lab_changed
from portal.engine.lab.problems import LabInvalid

if TYPE_CHECKING:
    LabVersionInline = admin.TabularInline[LabVersion, Lab]
else:  # Django's own take no type arguments when they run.
    LabVersionInline = admin.TabularInline


class VersionInline(LabVersionInline):
    """A lab's versions, to go to."""

    model = LabVersion
    fields = readonly_fields = ("number", "status", "is_used", "created_at")
    extra = 0
    show_change_link = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:
        """A version is begun where it is written."""
        return False


@admin.register(Lab)
class LabAdmin(LabPages):
    """Labs by name."""

    list_display = ("name", "title", "is_listed", "created_at")
    list_editable = ("is_listed",)
    fields = ("name", "title", "is_listed")
    readonly_fields = ("title",)
    inlines = (VersionInline,)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A lab begins with its first draft, where that is written."""
        return False

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Lab]) -> None:
        """Many at once are told one by one; the admin's own log tells of one alone."""
        for lab in queryset:
            lab_changed.send(sender=Lab, user=request.user, verb="delete lab", detail=lab.name)
        super().delete_queryset(request, queryset)

    def has_delete_permission(self, request: HttpRequest, obj: Lab | None = None) -> bool:
        """Not while one of its versions is history; those are retired, and the lab unlisted."""
        if obj is not None and obj.versions.filter(is_used=True).exists():
            return False
        return super().has_delete_permission(request, obj)


@admin.register(LabVersion)
class LabVersionAdmin(VersionPages):
    """Versions, to look at: published, retired, copied to a draft and deleted."""

    list_display = ("__str__", "status", "is_used", "created_at", "handed_in_at", "published_at")
    list_filter = ("lab", "is_used", ("handed_in_at", admin.EmptyFieldListFilter))
    list_select_related = ("lab",)
    fields = readonly_fields = (
        *("lab", "text", "texts_beside", "number", "status", "digest", "is_used"),
        *("published_at", "retired_at"),
    )
    actions = ("publish", "retire", "copy_to_draft")

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

    def has_publish_permission(self, request: HttpRequest) -> bool:
        """Whether they may decide what students are offered."""
        return request.user.has_perm("catalog.publish_labversion")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A version is begun where it is written."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: LabVersion | None = None) -> bool:
        """The editor changes what a draft says; nothing changes what others do."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: LabVersion | None = None) -> bool:
        """Not a used one, nor many at once, which would not ask each."""
        if obj is None or obj.is_used:
            return False
        if obj.is_published and not self.has_publish_permission(request):
            return False
        return super().has_delete_permission(request, obj)

    @admin.action(description="Publish: offer to students", permissions=["publish"])
    def publish(self, request: HttpRequest, chosen: QuerySet[LabVersion]) -> None:
        """Publish those that are valid, and say what is wrong with the others."""
        for version in chosen:
            try:
                services.publish(version)
            except LabInvalid as error:
                self.message_user(request, f"{version}: {error}", messages.ERROR)
            else:
                tell(request, "publish", version)

    @admin.action(description="Retire: launch no more sessions", permissions=["publish"])
    def retire(self, request: HttpRequest, chosen: QuerySet[LabVersion]) -> None:
        """Retire them."""
        for version in chosen:
            services.retire(version)
            tell(request, "retire", version)

    def has_copy_permission(self, request: HttpRequest) -> bool:
        """Whether they may make drafts."""
        return request.user.has_perm("catalog.add_labversion")

    @admin.action(description="Copy to a new draft", permissions=["copy"])
    def copy_to_draft(self, request: HttpRequest, chosen: QuerySet[LabVersion]) -> None:
        """Copy them."""
        for version in chosen:
            self.message_user(request, f"Made {services.draft_from(version)}, a draft.")
