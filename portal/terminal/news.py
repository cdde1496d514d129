"""What a page of terminals is told when something of them has changed."""

from typing import Any

from channels.db import database_sync_to_async

from portal.activities.models import Session
from portal.terminal import consent, queries, services


async def news_of(session: Session, *, is_owner: bool) -> dict[str, Any]:
    """Which shells there are, who may type, and what was typed last."""
    shells = await database_sync_to_async(queries.shells_of)(session)
    is_given = await consent.is_given(session.pk)
    words = await database_sync_to_async(queries.last_words)(session)
    asked = await database_sync_to_async(queries.asked_to_end)(session)
    return {
        "typed": words,
        "asked_to_end": asked,
        "generation": session.generation,
        "is_up": session.status == "ready",
        "shells": [{"service": each.service, "name": each.name} for each in shells],
        "may_type": is_owner or is_given,
        "is_owner": is_owner,
        "others_may_type": is_given,
        "most": services.MOST,
    }
