"""Memory that is alike in several clusters, kept once or in each."""

import ctypes

import pytest

from tests.contract.cluster import Cluster

PR_GET_MEMORY_MERGE = 68
ASK = f"import ctypes; print(ctypes.CDLL(None).prctl({PR_GET_MEMORY_MERGE}, 0, 0, 0, 0))"
MAPS = "print(next(each for each in open('/proc/self/maps') if 'libc' in each).split()[0])"


def is_known() -> bool:
    """Whether this kernel merges memory at all, for whoever asks."""
    said: int = ctypes.CDLL(None).prctl(PR_GET_MEMORY_MERGE, 0, 0, 0, 0)
    return said >= 0


@pytest.mark.parametrize("merges", [False, True])
def test_all_that_runs_in_a_cluster_may_be_merged_where_that_is_asked_for(
    absent: Cluster, monkeypatch: pytest.MonkeyPatch, merges: bool
) -> None:
    monkeypatch.setattr(absent.runtime, "merges", merges)
    absent.up()
    said = int(absent.python(ASK).stdout)
    assert said == (merges if is_known() else -1)
    if absent.runtime.name == "sandbox":  # Docker lets nobody choose where programs lie.
        places = {absent.python(MAPS).stdout for _ in range(4)}
        assert (len(places) == 1) == merges
