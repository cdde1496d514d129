"""Exchanges in the admin: to look at, or to delete."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.http import HttpRequest

from portal.wire.models import Exchange

if TYPE_CHECKING:
    OfExchange = admin.ModelAdmin[Exchange]
else:  # Django's own take no type arguments when they run.
    OfExchange = admin.ModelAdmin


@admin.register(Exchange)
class ExchangeAdmin(OfExchange):
    """What students sent and got."""

    list_display = ("__str__", "created_at", "ended", "total_seconds")
    list_select_related = ("session",)
    date_hierarchy = "created_at"
    search_fields = ("session__id", "status_line")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Only runs make them."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Exchange | None = None) -> bool:
        """They say what was."""
        return False
