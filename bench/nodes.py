"""A term on a cluster of nodes, on paper: how many of which size, for how long, at what price.

Nodes come and go with the timetable: those that a class needs are started ahead of it, have the
images pulled and its clusters ready. Simulated from what was measured of one host; nothing is
started for this, and what a provider's nodes take to boot is assumed.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench.asked import Asked
from bench.figures import Figure, percentile
from bench.host import HostFigures, seats
from bench.plan import COHORTS, HOUR, Term, Visit, measured, visits_of

WEEKS = 3
"""One is as another: so many are simulated."""


@dataclass(frozen=True, slots=True)
class Node:
    """A size of node, and what it takes and costs until a session can start on it."""

    processors: int
    memory_mb: float
    system_mb: float = 1024.0
    """Of that for the system, the kubelet and its like."""
    boot_seconds: float = 90.0
    """From asking a provider for it until it takes pods: assumed."""
    image_mb: float = 2200.0
    """All images of a lab as they are pulled."""
    pull_mb_a_second: float = 50.0
    price: float = 0.04
    """Of a processor with its memory, an hour, in whatever money: assumed."""

    @property
    def lead_seconds(self) -> float:
        """From asking for it until it has the images."""
        return self.boot_seconds + self.image_mb / self.pull_mb_a_second

    def holds(self, host: HostFigures) -> HostFigures:
        """What of the measured host's sessions it would be the host of."""
        return replace(host, processors=self.processors, memory_mb=self.memory_mb - self.system_mb)


SIZES = (
    Node(2, 16 * 1024),
    Node(4, 32 * 1024),
    Node(8, 64 * 1024),
    Node(16, 128 * 1024),
)


@dataclass(frozen=True, slots=True)
class Bill:
    """What a term comes to on nodes of one size."""

    seats: int
    """Of one node."""
    most_nodes: int
    """At once."""
    node_hours: float
    """With nodes that come and go."""
    always_hours: float
    """With as many as are ever needed, all the time."""
    seat_hours: float
    """That people were at work."""
    largest_pool: int
    """Clusters that have to be ready when a class begins, over all nodes."""
    ahead_seconds: float
    """How long before a class its nodes are asked for: boot, images, and its clusters' starts."""
    waits: tuple[float, ...]
    """From click to cluster of those who come outside of class, in seconds."""


def measure(asked: Asked) -> list[Figure]:
    """The bill for each cohort and each size."""
    host = measured()
    found = []
    for students in (asked.students,) if asked.students else COHORTS:
        for node in SIZES:
            bill = bill_of(Term(students, weeks=WEEKS), node, host)
            of = f"{students:,} students, nodes of {node.processors}"
            found += [
                Figure(f"seats a node, {of}", "", (float(bill.seats),)),
                Figure(f"most nodes, {of}", "", (float(bill.most_nodes),)),
                Figure(f"largest pool, {of}", "", (float(bill.largest_pool),)),
                Figure(f"asked for ahead, {of}", "s", (bill.ahead_seconds,)),
                Figure(f"p95 outside of class, {of}", "s", (percentile(bill.waits, 95),)),
                Figure(
                    f"100 seat-hours, by timetable, {of}", "", (cost(bill.node_hours, node, bill),)
                ),
                Figure(
                    f"100 seat-hours, always on, {of}", "", (cost(bill.always_hours, node, bill),)
                ),
            ]
    return found


def cost(hours: float, node: Node, bill: Bill) -> float:
    """Of a hundred hours of people at work, in the money of the node's price."""
    return 100 * hours * node.processors * node.price / bill.seat_hours


def bill_of(term: Term, node: Node, host: HostFigures) -> Bill:
    """Everybody's launches on nodes that come ahead of a class, and go when nobody is on them."""
    visits = sorted(visits_of(term), key=lambda each: each.at)
    one = seats(node.holds(host))
    starts = one * host.launch_seconds / node.processors
    ahead = node.lead_seconds + starts
    taken = list(occupied(visits, term))
    most = max(count for _, count in taken)
    nodes = math.ceil(most / one)
    return Bill(
        seats=one,
        most_nodes=nodes,
        node_hours=sum(on_for(taken, number * one, ahead) for number in range(nodes)) / HOUR,
        always_hours=nodes * (taken[-1][0] - taken[0][0] + ahead) / HOUR,
        seat_hours=sum(each.seconds for each in visits) / HOUR,
        largest_pool=largest_class(visits, term),
        ahead_seconds=ahead,
        waits=tuple(waits(visits, taken, one, node, host)),
    )


def occupied(visits: Sequence[Visit], term: Term) -> Iterator[tuple[float, int]]:
    """When how many clusters are there, those that sleep after their time included."""
    turns = [(each.at, 1) for each in visits]
    turns += [(each.at + each.seconds + term.lingers_seconds, -1) for each in visits]
    count = 0
    for at, change in sorted(turns):
        count += change
        yield at, count


def on_for(taken: Sequence[tuple[float, int]], below: int, ahead: float) -> float:
    """For how long a node is on that is needed while more than so many clusters are there.

    It is not ended where it would have to be asked for again at once.
    """
    total, since, until = 0.0, None, -math.inf
    for at, count in taken:
        if count > below and since is None:
            since = at - ahead if at - ahead > until else until
        elif count <= below and since is not None:
            total += at - since
            since, until = None, at
    return total


def largest_class(visits: Sequence[Visit], term: Term) -> int:
    """How many come at most within the minutes in which a class comes, those alone left out."""
    times = [each.at for each in visits if each.seat is not None]
    first, most = 0, 0
    for last, at in enumerate(times):
        while at - times[first] > term.arrive_seconds:
            first += 1
        most = max(most, last - first + 1)
    return most


def waits(
    visits: Sequence[Visit],
    taken: Sequence[tuple[float, int]],
    one: int,
    node: Node,
    host: HostFigures,
) -> Iterator[float]:
    """For whoever comes outside of class: a start, and a node's coming where all are full."""
    alone = {each.at for each in visits if each.seat is None}
    before = 0
    for at, count in taken:
        if at in alone and count > before:
            is_full = before % one == 0
            yield host.launch_seconds + (node.lead_seconds if is_full else 0.0)
        before = count
