"""Wake-ups through the channel layer: "there is more". Losing one costs time, never content."""

import logging
from typing import Any

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from redis.exceptions import RedisError

log = logging.getLogger(__name__)


def wake(group: str, message: dict[str, Any]) -> None:
    """Send a message to a group. Redis being away is no failure of the caller's."""
    layer = get_channel_layer()
    if layer is None:
        return
    try:
        async_to_sync(layer.group_send)(group, message)
    except (RedisError, OSError) as error:
        log.debug("nobody was told of %s: %s", group, error)
