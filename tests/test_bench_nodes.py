"""Nodes on paper: how many, for how long, and what a seat comes to."""

from dataclasses import replace

from bench import nodes
from bench.asked import Asked
from bench.host import HostFigures
from bench.nodes import Node
from bench.plan import HOUR, Term, Visit

HOST = HostFigures(session_mb=500, asleep_mb=500, launch_seconds=3, step_seconds=0.5)
SMALL = Node(8, memory_mb=6024, boot_seconds=60, image_mb=500, pull_mb_a_second=50)
TERM = Term(30, weeks=1, alone_a_week=0)


def test_a_node_takes_its_seats_and_is_asked_for_before_its_class() -> None:
    bill = nodes.bill_of(TERM, SMALL, HOST)
    assert bill.seats == 10  # 5,000 MB of 500 each.
    assert bill.most_nodes == 3
    assert bill.largest_pool == 30
    assert bill.ahead_seconds == 60 + 10 + 10 * 3 / 8
    assert bill.waits == ()


def test_nodes_that_go_cost_less_than_nodes_that_stay() -> None:
    term = replace(TERM, students=120, weeks=2)
    bill = nodes.bill_of(term, SMALL, HOST)
    assert bill.node_hours < bill.always_hours
    assert nodes.cost(bill.node_hours, SMALL, bill) < nodes.cost(bill.always_hours, SMALL, bill)
    assert bill.node_hours >= bill.seat_hours / bill.seats


def test_a_node_is_on_while_it_is_needed_and_from_before_that() -> None:
    taken = [(100.0, 1), (200.0, 2), (300.0, 1), (310.0, 2), (400.0, 0)]
    assert nodes.on_for(taken, 0, ahead=50) == 400 - 50
    # It would have had to be asked for again before it was ended.
    assert nodes.on_for(taken, 1, ahead=50) == (300 - 150) + (400 - 300)
    assert nodes.on_for(taken, 2, ahead=50) == 0


def test_who_finds_all_nodes_full_waits_for_one() -> None:
    visits = [Visit(0, HOUR), Visit(10, HOUR), Visit(20, HOUR)]
    taken = list(nodes.occupied(visits, TERM))
    found = list(nodes.waits(visits, taken, 2, SMALL, HOST))
    assert found == [3 + 70, 3, 3 + 70]


def test_a_larger_node_seats_more() -> None:
    found = {each.what: each.median for each in nodes.measure(Asked(students=60))}
    small, large = (found[f"seats a node, 60 students, nodes of {each}"] for each in (2, 16))
    assert small < large
    assert found["most nodes, 60 students, nodes of 16"] == 1
