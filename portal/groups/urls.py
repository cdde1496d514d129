"""Addresses of a session's consumer groups."""

from django.urls import path

from portal.groups import views

app_name = "groups"
urlpatterns = [
    path("s/<slug:session_id>/groups/", views.show, name="show"),
    path("s/<slug:session_id>/groups/reset/", views.reset, name="reset"),
]
