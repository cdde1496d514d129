"""Addresses of extracted tables."""

from django.urls import path, register_converter

from portal.results import views


class Kind:
    """What a table can be downloaded as."""

    regex = "csv|jsonl|parquet"

    def to_python(self, value: str) -> str:
        """As it is."""
        return value

    to_url = to_python


register_converter(Kind, "kind")
app_name = "results"
at = "s/<slug:session_id>/results/"
urlpatterns = [
    path(at, views.tables, name="tables"),
    path(f"{at}compare/", views.comparison, name="compare"),
    path(f"{at}<int:pk>.<kind:kind>", views.download, name="download"),
    path(f"{at}<int:pk>/sql/", views.query, name="sql"),
    path(f"{at}<int:pk>/<slug:table>/", views.table, name="table"),
    path(f"{at}<int:pk>/<slug:table>/<int:number>/", views.row, name="row"),
]
