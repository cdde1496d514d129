"""Addresses of raw exchanges."""

from django.urls import path

from portal.wire import views

app_name = "wire"
urlpatterns = [path("s/<slug:session_id>/http/", views.exchanges, name="exchanges")]
