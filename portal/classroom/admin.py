"""People in the admin."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst

from portal.classroom import audit
from portal.classroom.models import AuditEntry, Class, Identity, Staff, User
from portal.classroom.roles import grant

if TYPE_CHECKING:
    OfEntry = admin.ModelAdmin[AuditEntry]
    OfClass = admin.ModelAdmin[Class]
    OfIdentity = admin.TabularInline[Identity, User]
    OfStaff = admin.TabularInline[Staff, Class]
else:  # Django's own take no type arguments when they run.
    OfEntry = OfClass = admin.ModelAdmin
    OfIdentity = OfStaff = admin.TabularInline


class IdentityInline(OfIdentity):
    """Who somebody is elsewhere: made by signing in and by connecting, and only taken off here."""

    model = Identity
    extra = 0
    fields = readonly_fields = ("issuer", "name", "subject", "linked_at")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a provider vouches for anybody."""
        return False


class AuditedDeletions:
    """Many that are deleted at once are entries each; of one the admin's own log tells."""

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Note whom or what, and delete it."""
        for each in queryset:
            detail = f"{each._meta.model_name} {each}"
            audit.record(request.user, "admin delete", detail=detail)
        queryset.delete()


@admin.register(User)
class PersonAdmin(AuditedDeletions, UserAdmin):  # type: ignore[type-arg]
    """Django's own, and the role, which brings its permissions."""

    list_display = ("username", "role", "first_name", "last_name", "is_active", "last_login")
    list_filter = ("role", "is_author", "may_publish", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password", "role")}),
        ("Who", {"fields": ("first_name", "last_name", "email")}),
        ("Labs", {"fields": ("is_author", "may_publish")}),
        ("Login", {"fields": ("is_active", "last_login", "date_joined")}),
    )
    add_fieldsets = (
        (None, {"fields": ("username", "usable_password", "password1", "password2", "role")}),
    )

    inlines = [IdentityInline]
    actions = ["log_out"]

    @admin.action(description="Log out everywhere")
    def log_out(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Whoever is in by these logins has to log in anew."""
        for user in queryset:
            user.end_sessions()
            audit.record(request.user, "log out", detail=user.get_username())
        self.message_user(request, f"Logged out everywhere: {queryset.count()}.")

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        """Somebody new is nobody elsewhere."""
        return super().get_inlines(request, obj) if obj else ()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """What is taken off somebody is a deed like theirs."""
        super().save_formset(request, form, formset, change)
        for identity in formset.deleted_objects:
            detail = f"{identity} of {identity.user}"
            audit.record(request.user, "disconnect", detail=detail)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """A role that was changed brings its permissions at once."""
        super().save_model(request, obj, form, change)
        grant(obj, User.Role(obj.role))


@admin.register(AuditEntry)
class AuditAdmin(OfEntry):
    """Who did what, to be read and searched."""

    list_display = ("at", "actor", "verb", "session_id", "owner", "class_id", "detail")
    list_filter = ("verb", "at")
    search_fields = ("actor", "owner", "session_id", "detail")
    date_hierarchy = "at"
    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only deeds add to it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Nobody."""
        return False


class StaffInline(OfStaff):
    """Who runs a class."""

    model = Staff
    extra = 0
    raw_id_fields = ("user",)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **given: Any) -> Any:
        """A row's fields have no label of their own: the column's head is none to a reader."""
        field = super().formfield_for_choice_field(db_field, request, **given)
        if field is not None:
            field.widget.attrs["aria-label"] = capfirst(db_field.verbose_name)
        return field


@admin.register(Class)
class ClassAdmin(AuditedDeletions, OfClass):
    """Classes, with who teaches them."""

    list_display = ("name", "lab", "admits_guests", "created_at")
    search_fields = ("name",)
    inlines = [StaffInline]
