"""What a cluster has started before anybody asks for it, beside its services."""

from django.conf import settings

from portal.engine.kinds.job import kind_of
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.base import Runtime


def warm_up(runtime: Runtime, cluster: str, lab: LabSpec) -> None:
    """Start what the lab's steps are quicker with, as pyspark; nobody waits for it.

    Where the operator would rather have the memory, a step starts what it needs.
    Raises ClusterError.
    """
    if settings.SLUICE_WARM_UP:
        for step in lab.steps:
            kind_of(step).warm_up(runtime, cluster, lab)
