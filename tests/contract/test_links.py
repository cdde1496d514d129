"""Services' links that are cut or slow, and whole again."""

import pytest

from portal.engine.errors import ClusterGone, StepFailed
from portal.engine.runtimes.base import Impairment, State
from portal.engine.runtimes.docker import links as docker_links
from portal.engine.runtimes.sandbox import links as sandbox_links
from tests.contract.cluster import Cluster, Finished, eventually, service

SHOP = service("shop", "python3", "-m", "http.server", "8000")
LARGE = 40_000
"""Bytes: ten seconds of a slow link."""


def test_a_link_is_cut_or_slow_until_it_is_whole_again(absent: Cluster) -> None:
    absent.up(service(), SHOP, files={"small": b"a cup", "large": b"x" * LARGE})
    runtime, session = absent.runtime, absent.session
    eventually(lambda: get(absent, "small").stdout == b"a cup")
    assert runtime.impaired(session) == {}
    for _ in range(2):  # Safe to repeat.
        runtime.impair(session, "shop", Impairment.CUT)
        assert get(absent, "small").status != 0
    assert runtime.impaired(session) == {"shop": "cut"}
    health = runtime.observe(session)
    assert (health.state, health.processes[-1].is_held) == (State.UP, False)
    assert absent.run("echo", "on").stdout == b"on\n"  # The way to the agent is another.
    runtime.impair(session, "shop", Impairment.SLOW)
    assert get(absent, "small", seconds=10).stdout == b"a cup"
    cut_off = get(absent, "large", seconds=2)
    assert (cut_off.status, len(cut_off.stdout) < LARGE) == (28, True)
    for _ in range(2):
        runtime.impair(session, "shop", None)
    eventually(lambda: len(get(absent, "large").stdout) == LARGE)
    assert runtime.impaired(session) == {}


def test_there_is_no_link_of_what_is_not_there(cluster: Cluster) -> None:
    runtime, session = cluster.runtime, cluster.session
    with pytest.raises(StepFailed, match="no service is called 'shop'"):
        runtime.impair(session, "shop", Impairment.CUT)
    assert runtime.impaired(session) == {}
    runtime.down(session)
    for how in (Impairment.CUT, None):
        with pytest.raises(ClusterGone):
            runtime.impair(session, "mids", how)
    assert runtime.impaired(session) == {}


def test_a_host_that_has_no_means_says_so_and_notes_nothing(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime, session = cluster.runtime, cluster.session
    runtime.impair(session, "mids", Impairment.SLOW)
    with monkeypatch.context() as patched:
        patched.setattr(sandbox_links, "script", lambda impaired: "echo no tc >&2; exit 3")
        patched.setitem(docker_links.SCRIPTS, Impairment.CUT, "echo no tc >&2; exit 3")
        with pytest.raises(StepFailed, match="could not change the link: no tc"):
            runtime.impair(session, "mids", Impairment.CUT)
    assert runtime.impaired(session) == {"mids": "slow"}


def get(cluster: Cluster, name: str, seconds: float = 2) -> Finished:
    """Ask the shop for a file."""
    return cluster.run("curl", "-s", "--max-time", f"{seconds}", f"http://shop:8000/{name}")
