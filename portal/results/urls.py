"""Addresses of extracted tables."""

from django.urls import path

from portal.results import views

app_name = "results"
urlpatterns = [
    path("s/<slug:session_id>/results/", views.tables, name="tables"),
    path("s/<slug:session_id>/results/<int:pk>.csv", views.download_csv, name="csv"),
    path("s/<slug:session_id>/results/<int:pk>.jsonl", views.download_json, name="jsonl"),
]
