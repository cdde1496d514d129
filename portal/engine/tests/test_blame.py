"""Whose part something was is told only by what was seen."""

import time
from pathlib import Path

import pytest

from portal.engine import blame
from portal.engine.causes import servers
from portal.engine.errors import (
    CheckTimedOut,
    ClusterError,
    CommandTimedOut,
    Part,
    ServiceNotReady,
    StepFailed,
)
from portal.engine.runtimes.agent import startup
from portal.engine.runtimes.agent.startup import Startup
from portal.engine.runtimes.base import ProcessHealth, never
from portal.engine.runtimes.fake import FakeCluster, FakeRuntime, Reply
from tests.contract.cluster import ready, service, spec

PROCESSORS = 2


def judged(
    monkeypatch: pytest.MonkeyPatch,
    waited: dict[str, float],
    *,
    computed: float | None = 0.0,
    seconds: float = 60.0,
    is_own: bool = True,
    error: ClusterError | None = None,
) -> ClusterError:
    """What is said of a time-out when so long was waited for what, and so long computed."""
    monkeypatch.setattr(
        blame, "waited_so_far", lambda: {name: 10 + waited[name] for name in waited}
    )
    monkeypatch.setattr(time, "monotonic", lambda: seconds)
    monkeypatch.setattr("os.cpu_count", lambda: PROCESSORS)
    figures = iter([3.0, None if computed is None else 3.0 + computed])
    watch = blame.Watch(lambda: next(figures), began=0.0, waited=dict.fromkeys(waited, 10.0))
    return watch.judge(error or CommandTimedOut(60), is_own=is_own)


BUSY, QUIET = {"cpu": 50.0}, {"cpu": 2.0, "io": 1.0}


@pytest.mark.parametrize(
    ("waited", "computed", "is_own", "cause", "words"),
    [
        (
            BUSY,
            20.0,
            True,
            "timed-out-on-a-busy-host",
            "for 83% of that time something waited for a",
        ),
        (
            BUSY,
            20.0,
            True,
            "timed-out-on-a-busy-host",
            "This cluster computed for 20 s of the 60 s",
        ),
        (BUSY, None, True, "timed-out-on-a-busy-host", "a processor."),
        ({"cpu": 1.0, "io": 40.0}, 55.0, True, "timed-out-on-a-busy-host", "waited for the disk"),
        ({"cpu": 50.0, "io": 55.0}, 118.0, True, "timed-out-on-a-busy-host", "for the disk"),
        # The host was busy with nothing but this cluster's own four loops.
        (BUSY, 110.0, True, "timed-out-computing", "computed for 110 s of the 60 s"),
        (BUSY, 110.0, False, "timed-out-on-a-busy-host", "computed for 110 s of the 60 s"),
        (QUIET, 58.0, True, "timed-out-computing", "computed all the while: for 3% of that time"),
        (QUIET, 58.0, False, "timed-out", "This cluster computed for 58 s"),
        (QUIET, 0.4, True, "timed-out-waiting", "not for want of time: for 3% of that time"),
        (QUIET, 0.4, False, "timed-out-waiting", "computed for 0 s of the 60 s"),
        (QUIET, None, True, "timed-out", "For 3% of that time something waited for a processor"),
        ({}, 58.0, True, "timed-out", "Whether this host was busy is not known. This cluster"),
    ],
)
def test_a_time_out_is_what_was_seen(
    monkeypatch: pytest.MonkeyPatch,
    waited: dict[str, float],
    computed: float | None,
    is_own: bool,
    cause: str,
    words: str,
) -> None:
    found = judged(monkeypatch, waited, computed=computed, is_own=is_own)
    assert (found.details.cause, words in found.advice) == (cause, True), found.advice
    assert (found.part is Part.CODE) == (cause == "timed-out-computing")
    assert found.part in (Part.CODE, Part.UNKNOWN)
    assert isinstance(found, CommandTimedOut)
    assert (str(found), found.seconds, found.code) == (str(CommandTimedOut(60)), 60, "timed-out")


def test_a_run_that_was_too_short_says_nothing_of_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(monkeypatch, QUIET, computed=1.0, seconds=1.0)
    assert (found.details.cause, found.part) == ("timed-out", Part.UNKNOWN)


def test_a_check_that_hangs_is_never_the_codes(monkeypatch: pytest.MonkeyPatch) -> None:
    found = judged(monkeypatch, QUIET, computed=58.0, error=CheckTimedOut(60))
    assert (found.details.cause, found.part) == ("timed-out", Part.UNKNOWN)


def test_a_server_that_had_no_time_to_answer_is_nobodys(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = servers.SILENT.error(port=5000, seconds=30)
    busy = judged(monkeypatch, BUSY, error=silent)
    assert (busy.part, "This host was busy" in busy.advice) == (Part.UNKNOWN, True)
    assert judged(monkeypatch, QUIET, error=silent) is silent


def test_a_busy_host_changes_nothing_of_other_failures() -> None:
    failed = StepFailed("no")
    assert blame.Watch(began=0.0, waited={}).judge(failed) is failed


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("some avg10=1.00 avg60=0.00 avg300=0.00 total=2500000\nfull avg10=0.00", {"cpu": 2.5}),
        ("some avg10=1.00", {}),
        ("", {}),
        ("some total=x", {}),
    ],
)
def test_it_reads_the_kernels_figures(tmp_path: Path, text: str, seconds: dict[str, float]) -> None:
    (tmp_path / "cpu").write_text(text)
    assert blame.waited_so_far(tmp_path) == seconds
    assert blame.waited_so_far(tmp_path / "none") == {}


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (-9, "SIGKILL, and nothing says that memory"),
        (3, "exit status 3"),
        (None, "known."),
    ],
)
def test_a_pyspark_that_is_gone_is_not_guessed_about(status: int | None, words: str) -> None:
    error = blame.of_lost_kernel(ProcessHealth("pyspark", "spark", False, status))
    assert (error.part, words in str(error)) == (Part.UNKNOWN, True)
    assert "pyspark ended while it ran your code" in str(error)
    assert blame.of_lost_kernel(None).part is Part.UNKNOWN


@pytest.mark.parametrize(
    ("status", "name"),
    [(-9, "SIGKILL"), (137, "SIGKILL"), (143, "SIGTERM"), (-99, "signal 99"), (1, ""), (130, "")],
)
def test_a_signal_is_told_from_a_status_of_its_own(status: int, name: str) -> None:
    assert blame.signal_of(status) == name


@pytest.mark.parametrize(
    ("waited", "part", "words"),
    [(1e6, Part.UNKNOWN, "host was busy: for 100% of that time"), (0.0, Part.LAB, "service's log")],
)
def test_a_service_that_is_late_on_a_busy_host_is_not_blamed_on_the_lab(
    monkeypatch: pytest.MonkeyPatch, waited: float, part: Part, words: str
) -> None:
    monkeypatch.setattr(blame, "waited_so_far", lambda: {"cpu": waited})
    monkeypatch.setattr(blame, "LEAST_SECONDS", 0.0)
    runtime = FakeRuntime(replies=lambda service, argv: Reply(status=1))
    runtime.clusters["s"] = FakeCluster()
    starting = Startup(runtime, spec("s", service(ready=ready("false", timeout=0.1))), never)
    starting.watch.waited = {"cpu": 0.0}
    with pytest.raises(ServiceNotReady, match="was not ready") as told:
        list(starting.run())
    assert told.value.part is part
    assert words in told.value.advice


def test_a_service_has_more_time_on_a_busy_host(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blame, "waited_so_far", lambda: {"cpu": 1e6})
    monkeypatch.setattr(blame, "LEAST_SECONDS", 0.0)
    monkeypatch.setattr(startup, "BUSY_TIMES", 600)
    over = time.monotonic() + 0.1
    runtime = FakeRuntime(replies=lambda *_: Reply(status=int(time.monotonic() <= over)))
    runtime.clusters["s"] = FakeCluster()
    starting = Startup(runtime, spec("s", service(ready=ready("true", timeout=0.1))), never)
    starting.watch.waited = {"cpu": 0.0}
    assert [each.is_done for each in starting.run()] == [False, True]
