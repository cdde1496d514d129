"""The plan on paper: what a term needs follows from what one host is and takes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from bench import host, plan
from bench.asked import Asked
from bench.host import KINDS, HostFigures
from bench.plan import Term, Visit

ROOMY = HostFigures(memory_mb=10**6, processors=64, step_seconds=1.0, rest_share=0.0)


def test_memory_bounds_the_seats_of_a_host_that_has_processors() -> None:
    assert host.seats(replace(ROOMY, memory_mb=10_000.0, session_mb=500.0)) == 20


def test_processors_bound_the_seats_of_a_host_that_has_memory() -> None:
    """A step of 6 s a minute: two processors can't have more than twenty of that, all the time."""
    of_two = replace(ROOMY, processors=2, step_seconds=6.0)
    assert 5 < host.seats(of_two) <= 22
    assert host.seats(replace(of_two, processors=4)) > host.seats(of_two)


def test_one_who_is_alone_takes_what_the_longest_step_takes() -> None:
    """It is one of ten, so that it is the 95th of a hundred."""
    assert host.step_p95(ROOMY, 1, seed=1) == pytest.approx(max(KINDS))


def test_who_only_is_there_takes_of_the_processors_too() -> None:
    of_two = replace(ROOMY, processors=2, step_seconds=1.5)
    assert host.seats(replace(of_two, rest_share=0.02)) < 0.8 * host.seats(of_two)


def test_starts_share_them_with_steps() -> None:
    of_two = replace(ROOMY, processors=2, step_seconds=1.5, start_work=12.0)
    seated = [host.seats(replace(of_two, start_every=every)) for every in (0.0, 60.0, 15.0, 5.0)]
    assert seated == sorted(seated, reverse=True)
    assert seated[0] > seated[-1]


def test_it_says_what_was_seen() -> None:
    """37 seats on two cores, of 437 MB and 1.5 s a step, on a machine that did nothing else."""
    seen = HostFigures(memory_mb=22_000, session_mb=437, step_seconds=1.5)
    assert host.seats(seen) == pytest.approx(37, rel=0.2)


def test_who_finds_no_memory_waits_for_the_first_that_is_given_back() -> None:
    small = HostFigures(memory_mb=700, session_mb=700, asleep_mb=700, launch_seconds=3)
    term = Term(2, lingers_seconds=100)
    visits = [Visit(0, 1000, seat=0), Visit(10, 1000, seat=1)]
    found = plan.simulate(visits, term, small, 1)
    assert list(found.in_class) == [3, 3 + 1000 + 100 + 3 - 10]
    assert found.busiest == 1
    packed = plan.simulate(visits, term, replace(small, asleep_mb=0), 1)
    assert list(packed.in_class) == [3, 3 + 1000 + 3 - 10]


def test_a_pool_spares_a_class_the_starts() -> None:
    term = Term(30, weeks=1, arrive_seconds=10, alone_a_week=0)
    visits = sorted(plan.visits_of(term), key=lambda each: each.at)
    cold = plan.simulate(visits, term, ROOMY, 1)
    pooled = plan.simulate(visits, term, replace(ROOMY, pool=30), 1)
    assert pooled.p95 == pytest.approx(ROOMY.claim_seconds)
    assert cold.p95 >= ROOMY.launch_seconds


def test_more_students_need_more_hosts() -> None:
    known = HostFigures()
    one = host.seats(known)
    few, outcome = plan.hosts_for(Term(60, weeks=2), known, one)
    many, _ = plan.hosts_for(Term(600, weeks=2), known, one)
    assert few < many
    assert outcome.busiest <= few * one
    assert max(outcome.p95, outcome.p95_alone) <= plan.WAIT_SECONDS


def test_it_goes_by_what_was_seen_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, float] = {"seats": 40, "memory a session": 350, "memory for sessions": 20_000}
    seen |= {"processor time a start": 9.0, "processors a session at rest": 0.01}
    seen |= {"from one to the next": 60.0}
    figures = [{"what": what, "median": value} for what, value in seen.items()]
    kept = tmp_path / "seats.json"
    kept.write_text(json.dumps({"figures": figures}))
    monkeypatch.setattr(plan, "KEPT", kept)
    assert plan.measured() == replace(
        HostFigures(),
        session_mb=350,
        asleep_mb=350,
        memory_mb=20_000,
        start_work=9.0,
        rest_share=0.01,
    )
    found = {each.what: each.median for each in plan.measure(Asked(students=30))}
    assert found["paper by seen"] == found["the same while they come as they did"] / 40
    assert found["the same while they come as they did"] <= found["seats of one host, on paper"]
