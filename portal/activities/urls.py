"""Addresses of sessions and their steps."""

from django.urls import path

from portal.activities import views

app_name = "activities"
urlpatterns = [
    path("launch/", views.launch, name="launch"),
    path("sessions/", views.mine, name="mine"),
    path("s/<slug:session_id>/", views.session, name="session"),
    path("s/<slug:session_id>/live/", views.live, name="live"),
    path("s/<slug:session_id>/run/<slug:step_id>/", views.run_step, name="run_step"),
    path("s/<slug:session_id>/stop/<slug:step_id>/", views.stop_step, name="stop_step"),
    path("s/<slug:session_id>/run-all/", views.run_all, name="run_all"),
    path("s/<slug:session_id>/reset/", views.reset, name="reset"),
    path("s/<slug:session_id>/extend/", views.extend, name="extend"),
    path("s/<slug:session_id>/down/", views.tear_down, name="tear_down"),
    path("s/<slug:session_id>/code/", views.code, name="code"),
]
