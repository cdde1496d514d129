"""The sockets. Apps above add theirs when they are ready."""

from django.urls import path

from portal.activities.consumers import SessionConsumer

websocket_urlpatterns = [path("ws/s/<slug:session_id>/", SessionConsumer.as_asgi())]
