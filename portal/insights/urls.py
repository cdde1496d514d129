"""Addresses of what a session tells."""

from django.urls import path

from portal.insights import board_views, views

app_name = "insights"
urlpatterns = [
    path("board/", board_views.show, name="board"),
    path("board/rows/", board_views.live, name="board_rows"),
    path("board/hint/", board_views.hint, name="hint"),
    path("s/<slug:session_id>/gap/", views.gap, name="gap"),
    path("s/<slug:session_id>/time/", views.scrub, name="scrub"),
    path("s/<slug:session_id>/transcript/", views.transcript, name="transcript"),
    path("s/<slug:session_id>/transcript/note/<int:run_id>/", views.note, name="note"),
    path("s/<slug:session_id>/transcript.md", views.as_markdown, name="markdown"),
    path("s/<slug:session_id>/transcript.sh", views.as_script, name="script"),
]
