"""What pages ask of faults."""

from django.db.models import QuerySet

from portal.activities.models import Session
from portal.activities.status import SessionStatus
from portal.engine import faults as engine
from portal.engine.faults import Deed
from portal.engine.lab.spec import LabSpec
from portal.faults.models import Fault


def all_of(session: Session) -> QuerySet[Fault]:
    """Those of the cluster that the session has now."""
    return Fault.objects.filter(session=session, generation=session.generation)


def open_of(session: Session) -> list[Fault]:
    """Those that are in force or wait, and drills that nobody has closed."""
    if session.state is not SessionStatus.READY:
        return []
    found = all_of(session).filter(righted_at=None, failed=False)
    return [each for each in found if (each.deed.lasts or each.is_drill) and not each.has_lapsed]


def candidates(spec: LabSpec) -> list[str]:
    """What a drill may be about: what can be broken, and the topics that can get bad records."""
    return list(dict.fromkeys(each.target for each in engine.offers(spec)))


def killed(session: Session) -> int:
    """How many of the steps' servers a fault has ended on the present cluster."""
    servers = engine.ports(session.spec)
    ends = (Deed.STOP, Deed.KILL, Deed.CUT_SHORT)
    found = all_of(session).filter(does__in=ends, target__in=servers, failed=False)
    return found.exclude(done_at=None).count()
