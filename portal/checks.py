"""Settings that would hurt are found at boot, each with an id and what to do."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.template import TemplateDoesNotExist
from django.template.loader import get_template

from portal import panels
from portal.catalog.images import found_images
from portal.engine.kinds import registry

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
def images_can_be_read(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """An image with a mistake is none that a lab can run on."""
    return [
        Error(str(each), hint="docs/images.md has every key.", id="portal.E009")
        for each in found_images().problems
    ]


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


@register(Tags.templates)
def what_apps_add_has_templates(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A panel or a piece without its template would break each page that it is on."""
    added = [panel.template for panel in panels.panels()]
    added += [piece.template for place in panels.Place for piece in panels.pieces(place)]
    return [
        Error(
            f"There is no template {template}, which is registered for pages.",
            hint="See where it is added, in an app's ready().",
            id="portal.E004",
        )
        for template in added
        if not is_there(template)
    ]


def is_there(template: str) -> bool:
    """Whether a template of that name can be had."""
    try:
        get_template(template)
    except TemplateDoesNotExist:
        return False
    return True


@register()
def kinds_are_there(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """A kind of step that can't be had would be missed only when a lab is read."""
    try:
        registry.models()
    except ValueError as error:
        return [
            Error(
                f"SLUICE_KINDS names a kind of step that can't be had: {error}.",
                hint="Name each by the dotted path of its class.",
                id="portal.E005",
            )
        ]
    return []


@register()
def bucket_is_whole(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Half of a key opens nothing, and an endpoint has a scheme."""
    options = settings.STORAGES["lasting"]["OPTIONS"]
    found = []
    if bool(options.get("access_key")) != bool(options.get("secret_key")):
        found.append("SLUICE_S3_KEY and SLUICE_S3_SECRET belong together: give both, or neither")
    endpoint = options.get("endpoint_url") or "https://"
    if not endpoint.startswith(("https://", "http://")):
        found.append(f"SLUICE_S3_ENDPOINT is {endpoint!r}, which is no address")
    hint = "docs/operating.md tells what each is."
    return [Error(f"{each}.", hint=hint, id="portal.E010") for each in found]


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


@register(Tags.security)
def proxy_is_known(app_configs: Any, **kwargs: Any) -> Sequence[CheckMessage]:
    """Behind a proxy that nobody trusts all people share its address, and so its limits."""
    if settings.BEHIND_TLS and not settings.TRUSTED_PROXIES:
        return [
            Warning(
                "SLUICE_ADDRESS is https, and no proxy is trusted to say whose each request is.",
                hint="Set SLUICE_TRUSTED_PROXIES to the address of the proxy that ends TLS.",
                id="portal.W002",
            )
        ]
    return []
