"""Extractions in the admin: to look at, or to delete."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from portal.results.models import Extraction

if TYPE_CHECKING:
    OfExtraction = admin.ModelAdmin[Extraction]
else:  # Django's own take no type arguments when they run.
    OfExtraction = admin.ModelAdmin


@admin.register(Extraction)
class ExtractionAdmin(OfExtraction):
    """What students extracted."""

    list_display = ("__str__", "created_at", "row_count", "records", "not_json", "problem")
    list_select_related = ("session",)
    date_hierarchy = "created_at"
    search_fields = ("session__id", "table_name", "topic")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only runs make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Extraction | None = None) -> bool:
        """They say what was."""
        return False
