"""Addresses of a session's streaming queries."""

from django.urls import path

from portal.streaming import views

app_name = "streaming"
urlpatterns = [
    path("s/<slug:session_id>/streaming/", views.show, name="show"),
    path("s/<slug:session_id>/streaming/stop/", views.stop, name="stop"),
]
