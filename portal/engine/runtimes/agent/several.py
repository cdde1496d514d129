"""What the agents of one cluster tell together, where each service has one of its own."""

import contextlib
from collections.abc import Mapping
from typing import Any

from portal.engine.errors import ClusterError, ClusterGone
from portal.engine.runtimes.agent.address import Where
from portal.engine.runtimes.agent.answers import Answer
from portal.engine.runtimes.agent.link import GONE, Link, ask
from portal.engine.runtimes.base import ProcessHealth, Stats

OBSERVE_SECONDS = 5.0

Agents = Mapping[str, Where]
"""By service."""


def answering(agents: Agents) -> set[str]:
    """The services whose agents take calls."""
    found = set()
    for service, agent in agents.items():
        with contextlib.suppress(ClusterGone):
            Link(agent, OBSERVE_SECONDS).close()
            found.add(service)
    return found


def later(one: ProcessHealth | None, other: ProcessHealth) -> ProcessHealth:
    """Of two processes of one name, that which runs, or ran last."""
    if one is None:
        return other
    return max(one, other, key=lambda each: (each.is_running, each.started_at))


def observed(agents: Agents) -> tuple[dict[str, ProcessHealth], set[str]]:
    """Every process by name, and the services whose agents don't answer."""
    found: dict[str, ProcessHealth] = {}
    silent = set()
    for service, agent in agents.items():
        try:
            processes = asked(agent, "observe").processes()
        except ClusterError:
            silent.add(service)
            continue
        for each in processes:
            found[each.name] = later(found.get(each.name), each)
    return found, silent


def process(agents: Agents, name: str) -> ProcessHealth | None:
    """The newest process of that name, in whatever service. Raises ClusterGone."""
    if not answering(agents):
        raise ClusterGone(GONE)
    found = None
    for agent in agents.values():
        with contextlib.suppress(ClusterGone):
            for each in asked(agent, "observe").processes():
                if each.name == name:
                    found = later(found, each)
    return found


def stats(agents: Agents) -> Stats:
    """What all of them use. Raises ClusterGone."""
    answers = [asked(agents[each], "stats") for each in sorted(answering(agents))]
    if not answers:
        raise ClusterGone(GONE)
    memory = sum(each.number("memory") for each in answers)
    processes = sum(each.number("processes") for each in answers)
    computed = [each.computed() for each in answers]
    known = [each for each in computed if each is not None]
    return Stats(memory, processes, sum(known) if len(known) == len(computed) else None)


def asked(agent: Where, verb: str, **fields: Any) -> Answer:
    """An agent's answer, of one that may be gone. Raises ClusterError."""
    return ask(agent, verb, patience=OBSERVE_SECONDS, **fields)
