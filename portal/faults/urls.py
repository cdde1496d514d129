"""Addresses of a session's faults."""

from django.urls import path

from portal.faults import views

app_name = "faults"
at = "s/<slug:session_id>/faults/"
urlpatterns = [
    path(at, views.panel, name="panel"),
    path(f"{at}cause/", views.cause, name="cause"),
    path(f"{at}right/", views.put_right, name="put_right"),
    path(f"{at}<int:pk>/diagnose/", views.diagnose, name="diagnose"),
]
