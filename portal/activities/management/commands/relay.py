"""`manage.py relay`: this host's relay and reconciler, until it is told to stop."""

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from redis.exceptions import RedisError

from portal import health
from portal.activities import reconciler
from portal.activities.relay import LOOK_SECONDS, Relay
from portal.activities.reporter import Reporter

log = logging.getLogger(__name__)
RECONCILE_EVERY = 5
"""Looks of the relay to one of the reconciler."""


class Command(BaseCommand):
    """Reads what this host's clusters write, and keeps rows and clusters in step."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, wait, look again."""
        stopped = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: stopped.set())
        relay = Relay(settings.HOST_NAME)
        reporter = Reporter(settings.HOST_NAME)
        reporter.start()
        looks = 0
        while not stopped.is_set():
            try:
                relay.look()
                if looks % RECONCILE_EVERY == 0:
                    reconciler.look(settings.HOST_NAME)
                    health.beat("relay")
            except (Error, RedisError) as error:
                # The next look does it all again; nothing is remembered between looks.
                log.warning("relay: %s", error)
                close_old_connections()
            looks += 1
            stopped.wait(LOOK_SECONDS)
        reporter.stop()
        relay.stop()
