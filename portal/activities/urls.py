"""Addresses of sessions and their steps."""

from django.urls import path

from portal.activities import home, streams_pages, views

app_name = "activities"
urlpatterns = [
    path("launch/", views.launch, name="launch"),
    path("labs/<slug:name>/home.zip", home.of_lab, name="home_of_lab"),
    path("sessions/", views.mine, name="mine"),
    path("s/<slug:session_id>/", views.session, name="session"),
    path("s/<slug:session_id>/home.zip", home.of_session, name="home"),
    path("s/<slug:session_id>/live/", views.live, name="live"),
    path("s/<slug:session_id>/run/<slug:step_id>/", views.run_step, name="run_step"),
    path("s/<slug:session_id>/typed/<slug:step_id>/", views.typed, name="typed"),
    path("s/<slug:session_id>/stop/<slug:step_id>/", views.stop_step, name="stop_step"),
    path("s/<slug:session_id>/hint/<slug:step_id>/", views.show_hint, name="show_hint"),
    path("s/<slug:session_id>/run-all/", views.run_all, name="run_all"),
    path("s/<slug:session_id>/reset/", views.reset, name="reset"),
    path("s/<slug:session_id>/extend/", views.extend, name="extend"),
    path("s/<slug:session_id>/down/", views.tear_down, name="tear_down"),
    path("s/<slug:session_id>/code/", views.code, name="code"),
    path("s/<slug:session_id>/progress/<int:pk>/", views.run_progress, name="run_progress"),
    path("s/<slug:session_id>/code/versions/", views.code_versions, name="code_versions"),
    path("s/<slug:session_id>/code/versions/<int:pk>/", views.code_version, name="code_version"),
    path("s/<slug:session_id>/topics/", streams_pages.topics, name="topics"),
    path("s/<slug:session_id>/topics/<topic>/records/", streams_pages.records, name="records"),
    path("s/<slug:session_id>/topics/<topic>/produce/", streams_pages.produce, name="produce"),
    path("s/<slug:session_id>/download/<stream>/", streams_pages.download, name="download"),
]
