"""Tasks: each calls one service. All may be delivered twice."""

from celery import shared_task

from portal.faults import orders, services


@shared_task(name=orders.CAUSE)
def cause(fault_id: int) -> None:
    """Cause a fault."""
    services.carry_out(fault_id)


@shared_task(name=orders.PUT_RIGHT)
def put_right(session_id: str, generation: int) -> None:
    """Put a cluster right."""
    services.put_right(session_id, generation)
