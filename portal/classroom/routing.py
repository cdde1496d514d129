"""The overview's socket."""

from django.urls import path

from portal.classroom.consumers import ClassConsumer

websocket_urlpatterns = [path("ws/classes/<int:class_id>/", ClassConsumer.as_asgi())]
