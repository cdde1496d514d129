"""Labs as the portal offers them: validated, versioned, published."""

from django.apps import AppConfig


class CatalogConfig(AppConfig):
    """The labs that there are."""

    name = "portal.catalog"
    verbose_name = "Labs"
