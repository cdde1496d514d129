"""What is no trouble is told to nobody as one."""

import asyncio
import logging
from typing import Any

import pytest
from django.test import override_settings

from portal import supervision
from portal.activities import keys
from portal.activities.models import Session
from portal.live import connection
from portal.live.consumers import StreamConsumer
from portal.live.wakeups import wake
from tests.rows import make_session


@pytest.fixture
def session(db: None) -> Session:
    return make_session()


def test_ending_beside_the_end_of_redis_is_quiet(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    layer = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": ["unix:///nowhere/redis.sock"]},
        }
    }
    with override_settings(CHANNEL_LAYERS=layer, REDIS_URL="unix:///nowhere/redis.sock"):
        connection.connect.cache_clear()
        with supervision.ending():
            session.change(is_warned=True)
            keys.forget_session(session)
            wake("some-group", {"type": "session.changed"})
    connection.connect.cache_clear()

    assert not caplog.records


def test_redis_is_asked_again_after_an_end() -> None:
    with supervision.ending():
        assert connection.has_ended()

    assert not connection.has_ended()


async def test_a_client_that_leaves_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A server says so by an OSError of its own, in the middle of a send."""

    class Left(OSError):
        pass

    async def leaves() -> None:
        await asyncio.sleep(0)
        raise Left

    consumer: Any = StreamConsumer()
    with caplog.at_level(logging.DEBUG):
        await consumer.keep(leaves())

    assert [each.levelname for each in caplog.records] == ["INFO"]
