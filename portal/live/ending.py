"""End a loop for good."""

import asyncio
import logging

log = logging.getLogger(__name__)
END_SECONDS = 0.1


async def end(task: asyncio.Task[None]) -> None:
    """Cancel a task, and wait until it has ended, whatever with."""
    while not task.done():
        # The client of Redis swallows a cancellation that comes while it connects.
        task.cancel()
        await asyncio.wait([task], timeout=END_SECONDS)
    if not task.cancelled() and (error := task.exception()):
        log.debug("a loop ended with %r", error)
