"""Addresses of traces."""

from django.urls import path

from portal.trace import views

app_name = "trace"
at = "s/<slug:session_id>/trace/"
urlpatterns = [
    path(at, views.traces, name="traces"),
    path(f"{at}find/", views.find, name="find"),
    path(f"{at}switch/", views.switch, name="switch"),
    path(f"{at}otlp.json", views.otlp, name="otlp"),
    path(f"{at}<slug:trace>/", views.trace, name="trace"),
]
