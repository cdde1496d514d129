"""`manage.py relay`: this host's relay and reconciler, until it is told to stop."""

import logging
import signal as signals
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error, close_old_connections
from django.dispatch import Signal
from redis.exceptions import RedisError

from portal import health
from portal.heart import heart
from portal.runner import reconciler
from portal.runner.glance import Glance
from portal.runner.relay import LOOK_SECONDS, Relay
from portal.runner.reporter import Reporter
from portal.runner.services import losing
from portal.runner.signals import relay_began, relay_ended

log = logging.getLogger(__name__)
LOOK_LIMIT_SECONDS = 60.0
"""A look that takes so long hangs: clusters that don't answer, and rows that are locked, are given
up far sooner."""
RECONCILE_EVERY = 5
"""Looks of the relay to one of the reconciler."""


class Command(BaseCommand):
    """Reads what this host's clusters write, and keeps rows and clusters in step."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        """Look, wait, look again."""
        stopped = threading.Event()
        for number in (signals.SIGINT, signals.SIGTERM):
            signals.signal(number, lambda *_: stopped.set())
        heart.threads = 1
        heart.start()
        relay = Relay(settings.HOST_NAME)
        reporter = Reporter(settings.HOST_NAME)
        reporter.start()
        tell(relay_began)
        looks, glance = 0, Glance()
        while not stopped.is_set():
            try:
                with heart.working(LOOK_LIMIT_SECONDS):
                    look(relay, None if looks % RECONCILE_EVERY else glance)
            except (Error, RedisError) as error:
                # The next look does it all again; nothing is remembered between looks.
                log.warning("relay: %s", error)
                # What could not be read may not have been written either, signs of life included.
                losing.clock.distrust()
                close_old_connections()
            looks += 1
            stopped.wait(LOOK_SECONDS)
        reporter.stop()
        tell(relay_ended)
        relay.stop()


def look(relay: Relay, glance: Glance | None) -> None:
    """See to readers and, with a glance, to all that runs. Raises Error, RedisError."""
    relay.keep_readers()
    if glance is not None:
        reconciler.reconcile(settings.HOST_NAME, glance)
        health.beat("relay")


def tell(signal: Signal) -> None:
    """Have apps know; what goes wrong there is not the relay's end."""
    for receiver, answer in signal.send_robust(Command, host=settings.HOST_NAME):
        if isinstance(answer, Exception):
            log.error("%s: %s", receiver, answer, exc_info=answer)
