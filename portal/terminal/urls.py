"""Addresses of what terminals have shown."""

from django.urls import path

from portal.terminal import views

app_name = "terminal"
urlpatterns = [
    path("s/<slug:session_id>/recordings/", views.recordings, name="recordings"),
    path("s/<slug:session_id>/recordings/<int:pk>.cast", views.recording, name="recording"),
]
