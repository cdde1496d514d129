"""A launch whose worker was killed, wherever it was: the next one leaves nothing half-made."""

from portal.engine.runtimes.base import State
from tests.contract.cluster import Cluster, new_session, ready, service, spec
from tests.contract.cutting import cut_off
from tests.contract.test_up import TICKS

FILES = {"a/b.txt": b"hi\n"}
SERVICES = (service("ticker", *TICKS, ready=ready("true")), service())


def test_a_launch_that_was_killed_anywhere_is_done_by_the_next(runtime, driver):
    for cut in driver.cuts:
        one = Cluster(runtime, new_session())
        launch = runtime.up(spec(one.session, *SERVICES, files=FILES))
        cut_off(launch, cut)
        one.up(*SERVICES, files=FILES)
        assert runtime.observe(one.session).state is State.UP, cut
        assert runtime.get_file(one.session, "a/b.txt") == b"hi\n", cut
        assert len(runtime.observe(one.session).processes) == 1, cut
        runtime.down(one.session)
        assert driver.leftovers(one.session) == [], cut


def test_what_a_killed_launch_left_can_be_ended(runtime, driver):
    for cut in driver.cuts:
        one = Cluster(runtime, new_session())
        cut_off(runtime.up(spec(one.session, *SERVICES, files=FILES)), cut)
        runtime.down(one.session)
        assert runtime.list_all() == [], cut
        assert driver.leftovers(one.session) == [], cut
