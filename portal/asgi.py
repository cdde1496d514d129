"""HTTP by Django, WebSockets by channels: from our own pages only, and with a login."""

import os

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
http = get_asgi_application()

# These need Django set up.
from portal.activities import routing as sessions  # noqa: E402
from portal.classroom import routing as classes  # noqa: E402

websocket_urlpatterns = [*sessions.websocket_urlpatterns, *classes.websocket_urlpatterns]
application = ProtocolTypeRouter(
    {
        "http": http,
        "websocket": AllowedHostsOriginValidator(
            AuthMiddlewareStack(URLRouter(websocket_urlpatterns))
        ),
    }
)
