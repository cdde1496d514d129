"""What kombu lacks: a connection to Redis that was lost in the middle of a task ends in peace.

When the broker goes, Celery first lets go of the connection and then closes its channel, and
kombu's channel wants to give unacknowledged messages back over the connection that it no longer
has: `AttributeError: 'NoneType' object has no attribute 'hostname'`. Celery takes that for the end,
waits for the tasks that run and takes no others. Known upstream as celery/kombu issue 582.

Nothing is lost by giving up there. What the worker had taken it still carries out, every task may
be delivered twice, and the reconciler queues again what was forgotten.
"""

from typing import Any

from kombu.transport import redis


class ForgivingQoS(redis.QoS):
    """Keeps account of messages as kombu's own does, as long as there is a connection."""

    @property
    def is_let_go(self) -> bool:
        """Whether the connection that the messages came over is no more."""
        return getattr(self.channel.connection, "client", None) is None

    def restore_unacked(self, client: Any = None) -> None:
        """Give back what was not acknowledged, unless there is nothing to give it over."""
        if self.is_let_go:
            return
        super().restore_unacked(client)

    def ack(self, delivery_tag: str) -> None:
        """A task has ended. One that outlived its connection is told to nobody."""
        if not self.is_let_go:
            super().ack(delivery_tag)

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """As `ack`."""
        if not self.is_let_go:
            super().reject(delivery_tag, requeue)


def install() -> None:
    """From now on channels to Redis are such."""
    redis.Channel.QoS = ForgivingQoS
