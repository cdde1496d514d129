"""Start a cluster's containers, all at once, and make each one's agent known to the runner."""

import secrets
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network

from docker import APIClient

from portal.engine.errors import CommandCancelled, RuntimeUnavailable
from portal.engine.lab.cluster import ServiceSpec
from portal.engine.runtimes.agent import seccomp
from portal.engine.runtimes.agent.layout import HOME
from portal.engine.runtimes.agent.link import ask
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.base import Cancelled
from portal.engine.runtimes.docker import remains
from portal.engine.runtimes.docker.containers import Recipe, make_home
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.memory import find_group
from portal.engine.runtimes.docker.names import Names
from portal.engine.runtimes.docker.network import addresses, make_network
from portal.engine.runtimes.docker.place import Boot, Container, Note, Place
from portal.engine.runtimes.docker.walls import is_apart

BOOT_TRIES = 60
BOOT_PATIENCE = 0.5
WORKERS = 8


OF_ITS_OWN = {"SLUICE_KERNEL": "own"}
"""Tells guest programs that not all is as on the host's kernel."""


@dataclass(frozen=True, slots=True)
class Way:
    """How a session's containers are run."""

    runs_by: str
    """The program; empty for the engine's own choice."""
    is_apart: bool = False
    """Whether each has a kernel of its own."""
    addresses: Mapping[str, str] = field(default_factory=dict)
    """Of the services, by name, where names can't be asked for."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a session, or the mending of one that lost some of its containers."""

    engine: Engine
    place: Place
    plan: Plan
    tools: str
    pool: IPv4Network
    mark: str
    cancelled: Cancelled

    def run(self, before: Note | None) -> Note:
        """Start what `before` hasn't got; to be called while `starting`. Raises ClusterError.

        What a failure leaves, `down` ends.
        """
        # Refused before anything is made, if it names what no operator allowed.
        self.plan.configuration(has_group=True)
        lease = before.lease if before else secrets.token_hex(8)
        names = Names(self.mark, self.place.session, lease)
        there = dict(before.containers) if before else {}
        self.place.make()
        note = Note(lease, self.tools, there, is_ready=before.is_ready if before else False)
        self.place.write(note)
        tools = next(each for each in self.plan.services if each.name == self.tools)
        missing = [each for each in self.plan.services if each.name not in there]
        if there:
            # What isn't noted has ended, or its launch was cut off: it takes no listener again.
            gone = {each.name for each in missing}
            remains.remove_services(self.engine, self.mark, self.place.session, gone)
        with self.engine.talk() as client:
            network = make_network(client, names, self.pool)
            way = self._way(client, network)
            make_home(client, names, self._own(tools).scratch()[HOME])
        with ThreadPoolExecutor(min(WORKERS, len(missing) or 1)) as pool:
            started = list(pool.map(lambda each: self._start(names, each, way), missing))
        containers = there | dict(zip((each.name for each in missing), started, strict=True))
        note = Note(lease, self.tools, containers, note.is_ready)
        self.place.write(note)
        return note

    def _own(self, service: ServiceSpec) -> Plan:
        """The plan of a container that holds this one service."""
        return replace(self.plan, services=(service,))

    def _way(self, client: APIClient, network: str) -> "Way":
        """How containers are run, and how they find each other."""
        runs_by = self.engine.chosen(client)
        if not is_apart(runs_by):
            return Way(runs_by)
        services = [each.name for each in self.plan.services]
        return Way(runs_by, True, addresses(client, network, services))

    def _start(self, names: Names, service: ServiceSpec, way: "Way") -> Container:
        if self.cancelled():
            raise CommandCancelled
        own = self._own(service)
        image = self.plan.image(service).tag
        with Boot(self.place, service.name, way.is_apart) as boot:
            recipe = Recipe(
                names,
                service,
                image,
                own.scratch(),
                boot.folder,
                way.runs_by,
                boot.own,
                way.addresses,
            )
            with self.engine.talk() as client:
                found = recipe.start(client)
            self._boot(boot, found, image)
        # How large a file may be is the lab's: ZooKeeper makes larger ones than it has room for.
        others = (each.name for each in self.plan.services if each.name != service.name)
        configuration = own.configuration(has_group=True, others=others)
        configuration["fsize"] = self.plan.disk_mb << 20
        if way.is_apart:
            configuration["services"][service.name]["environment"] |= OF_ITS_OWN
        ask(boot.address, "configure", **configuration)
        return Container(found, find_group(found))

    def _boot(self, boot: Boot, container: str, image: str) -> None:
        """Wait until the first process has come for its listener."""
        # The engine runs on this machine: it mounts our folder. So its processor is ours.
        rules = seccomp.native()
        for _ in range(BOOT_TRIES):
            if boot.hand_over(rules, BOOT_PATIENCE):
                return
            if self.cancelled():
                raise CommandCancelled
            with self.engine.talk() as client:
                if not client.inspect_container(container)["State"]["Running"]:
                    said = client.logs(container, tail=5).decode(errors="replace")
                    raise does_not_boot(image, said)
        raise does_not_boot(image, "it does not ask for its socket")


def does_not_boot(image: str, said: str) -> RuntimeUnavailable:
    """For an image that isn't one of ours, or an old one."""
    return RuntimeUnavailable(
        f"A container of {image} did not start: {said.strip()[-300:]}",
        advice="Build the images anew: manage.py hosts prepare",
    )
