"""The runtimes of this host, made once a process from the settings."""

import logging
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from portal.activities.models import Session
from portal.catalog.images import operator_images
from portal.engine.errors import ClusterError, RuntimeUnavailable
from portal.engine.runtimes.base import Runtime

log = logging.getLogger(__name__)


@receiver(setting_changed)
def forget_runtimes(*, setting: str, **others: Any) -> None:
    """Other settings, other runtimes."""
    if setting == "SLUICE_RUNTIMES":
        get_runtime.cache_clear()


@lru_cache
def get_runtime(name: str) -> Runtime:
    """The runtime of that name. Raises KeyError for one that the settings don't have."""
    chosen: dict[str, Any] = settings.SLUICE_RUNTIMES[name]
    backend = import_string(chosen["BACKEND"])
    runtime: Runtime = backend(images=operator_images(), **chosen.get("OPTIONS", {}))
    return runtime


def clusters_on_host() -> Iterator[tuple[Runtime, list[str]]]:
    """Each runtime and its clusters on this host. One that can't be reached has none to tell of."""
    for name in settings.SLUICE_RUNTIMES:
        runtime = get_runtime(name)
        try:
            yield runtime, runtime.list_all()
        except RuntimeUnavailable as error:
            log.debug("%s: %s", name, error)
        except ClusterError as error:
            log.warning("%s did not tell of its clusters: %s", name, error)


def place_of(session: Session) -> tuple[str, str, str]:
    """Where the tools of a session's cluster run, and its broker's address."""
    return session.cluster, session.spec.tools, session.spec.broker_address
