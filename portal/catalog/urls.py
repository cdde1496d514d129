"""Addresses of labs."""

from django.urls import path

from portal.catalog import editing, views

app_name = "catalog"
urlpatterns = [
    path("", views.index, name="index"),
    path("labs/schema.json", views.schema, name="schema"),
    path("labs/pictures/<slug:digest>.<slug:kind>", views.picture, name="picture"),
    path("labs/versions/<int:version_id>/pictures/", editing.add_picture, name="add_picture"),
    path("labs/drafts/", editing.drafting, name="drafting"),
    path("labs/versions/<int:version_id>/edit/", editing.edit, name="edit"),
    path("labs/versions/<int:version_id>/save/", editing.save, name="save"),
    path("labs/versions/<int:version_id>/check/", editing.check, name="check"),
    path("labs/<slug:name>/", views.lab, name="lab"),
]
