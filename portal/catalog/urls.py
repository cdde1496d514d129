"""Addresses of labs."""

from django.urls import path

from portal.catalog import views

app_name = "catalog"
urlpatterns = [
    path("", views.index, name="index"),
    path("labs/schema.json", views.schema, name="schema"),
    path("labs/<slug:name>/", views.lab, name="lab"),
]
