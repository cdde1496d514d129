"""The socket of a page's terminals."""

from django.urls import path

from portal.terminal.consumers import TerminalConsumer

websocket_urlpatterns = [path("ws/s/<slug:session_id>/terminals/", TerminalConsumer.as_asgi())]
