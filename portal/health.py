"""Whether the portal can serve, for whoever watches over its processes."""

import contextlib
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from redis.exceptions import RedisError

from portal import clock, disk
from portal.live.connection import connect

SICK = 503
FULL = "The disk is full: make room in the portal's var/, and all goes on by itself."
_seen = {"schema": False}


@require_safe
@login_not_required
def healthz(request: HttpRequest) -> HttpResponse:
    """200 when database and Redis answer; else 503, and a word on which doesn't."""
    trouble = what_is_wrong()
    response = HttpResponse(
        f"{trouble or 'ok'}\n",
        content_type="text/plain; charset=utf-8",
        status=SICK if trouble else 200,
    )
    response["Cache-Control"] = "no-store"
    return response


def what_is_wrong() -> str:
    """The first thing without which no page is right; empty when all is well."""
    try:
        connection.ensure_connection()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not is_migrated():
            return "The database has an older schema: run manage.py migrate."
    except DatabaseError:
        return "The database does not answer."
    if disk.is_full():
        return FULL
    try:
        connect().ping()
    except (RedisError, OSError) as error:
        # On a full disk Redis answers even a ping by that, before anybody has looked at the disk.
        return FULL if disk.says_full(error) else "Redis does not answer."
    return ""


def is_migrated() -> bool:
    """Whether every migration has been applied; asked until it is so."""
    if not _seen["schema"]:
        executor = MigrationExecutor(connection)
        _seen["schema"] = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _seen["schema"]


def life_key(host: str) -> str:
    """Where a host's processes leave their signs of life."""
    return f"alive:{host}"


def signs_of_life(host: str) -> dict[str, float]:
    """When each of a host's processes was last at work, by its name. Raises RedisError."""
    found: dict[bytes, bytes] = connect().hgetall(life_key(host))  # type: ignore[assignment]
    return {name.decode(): float(at) for name, at in found.items()}


def beat(name: str) -> None:
    """Say that a process is at work, not only there: its file's date is now, and Redis knows."""
    with contextlib.suppress(RedisError, OSError):
        connect().hset(life_key(settings.HOST_NAME), name, str(clock.time()))
    path = Path(settings.RUN_DIR) / f"{name}.alive"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
