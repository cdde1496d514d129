"""Settings that would hurt are found at boot, each with an id and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel takes 107 for a unix socket's path, and sessions add their own part."""


@register(Tags.security)
def secret_is_private(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """The embedded secret must be readable by the portal's user alone."""
    path = Path(settings.VAR_DIR) / "secret_key"
    if path.exists() and path.stat().st_mode & 0o077:
        return [
            Error(
                "The portal's secret can be read by others.",
                hint=f"chmod 600 {path}",
                id="portal.E001",
            )
        ]
    return []


@register()
def socket_paths_fit(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A checkout in a very deep folder can't hold unix sockets."""
    path = str(Path(settings.RUN_DIR) / "sandboxes" / ("x" * 10) / "agent.sock")
    if len(path.encode()) > SOCKET_PATH_LIMIT:
        return [
            Error(
                f"{settings.RUN_DIR} is too deep a folder for unix sockets.",
                hint="Set SLUICE_VAR to a folder with a shorter path.",
                id="portal.E002",
            )
        ]
    return []


@register()
def default_runtime_exists(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """New sessions need a runtime that is there."""
    if settings.SLUICE_DEFAULT_RUNTIME not in settings.SLUICE_RUNTIMES:
        names = ", ".join(sorted(settings.SLUICE_RUNTIMES))
        return [
            Error(
                f"SLUICE_RUNTIME is {settings.SLUICE_DEFAULT_RUNTIME!r}, which is no runtime.",
                hint=f"Choose one of: {names}.",
                id="portal.E003",
            )
        ]
    return []


@register(Tags.security)
def debug_is_off_in_public(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Debug pages show settings and code."""
    if settings.DEBUG and settings.BEHIND_TLS:
        return [
            Warning(
                "SLUICE_DEBUG is on for a public address.",
                hint="Unset SLUICE_DEBUG.",
                id="portal.W001",
            )
        ]
    return []
