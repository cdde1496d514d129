"""HTTP by Django, WebSockets by channels: from our own pages only, and with a login."""

import os
import threading

from channels.auth import AuthMiddlewareStack
from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.conf import settings
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
http = get_asgi_application()

# These need Django set up.
from portal.activities import orders  # noqa: E402
from portal.activities import routing as sessions  # noqa: E402
from portal.classroom import routing as classes  # noqa: E402
from portal.gate.bodies import Bodies  # noqa: E402
from portal.gate.crowd import Crowd  # noqa: E402
from portal.gate.sockets import Sockets  # noqa: E402
from portal.terminal import routing as shells  # noqa: E402
from portal.tracing import Traced  # noqa: E402

websocket_urlpatterns = [
    *sessions.websocket_urlpatterns,
    *shells.websocket_urlpatterns,
    *classes.websocket_urlpatterns,
]
sockets = Sockets(URLRouter(websocket_urlpatterns))
served = ProtocolTypeRouter(
    {
        # First of all: whatever is too much costs neither Django nor its database anything.
        "http": Crowd(Bodies(http)),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(sockets)),
    }
)
# Beside the first pages: whoever is the first to press something has it ready by then.
threading.Thread(target=orders.get_ready, daemon=True).start()
application = Traced(served, is_behind_proxy=bool(settings.TRUSTED_PROXIES))
