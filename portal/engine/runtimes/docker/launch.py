"""Start a cluster's containers, all at once, and make each one's agent known to the runner."""

import platform
import secrets
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from ipaddress import IPv4Network

from portal.engine.errors import CommandCancelled, RuntimeUnavailable
from portal.engine.runtimes.agent.layout import HOME
from portal.engine.runtimes.agent.link import ask
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.agent.seccomp import MACHINES, program
from portal.engine.runtimes.base import Cancelled
from portal.engine.runtimes.docker.containers import Recipe, make_home
from portal.engine.runtimes.docker.engine import Engine
from portal.engine.runtimes.docker.memory import find_group
from portal.engine.runtimes.docker.names import Names
from portal.engine.runtimes.docker.network import make_network
from portal.engine.runtimes.docker.place import Boot, Container, Note, Place
from portal.engine.spec import ServiceSpec

BOOT_TRIES = 60
BOOT_PATIENCE = 0.5
WORKERS = 8


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a session, or the mending of one that lost some of its containers."""

    engine: Engine
    place: Place
    plan: Plan
    pool: IPv4Network
    mark: str
    cancelled: Cancelled

    def run(self, before: Note | None) -> Note:
        """Start what `before` hasn't got; to be called while `starting`. Raises ClusterError.

        What a failure leaves, `down` ends.
        """
        lab = self.plan.lab
        # Refused before anything is made, if it names what no operator allowed.
        self.plan.configuration(has_group=True)
        lease = before.lease if before else secrets.token_hex(8)
        names = Names(self.mark, self.place.session, lease)
        there = dict(before.containers) if before else {}
        self.place.make()
        note = Note(lease, lab.tools, there, is_ready=before.is_ready if before else False)
        self.place.write(note)
        with self.engine.talk() as client:
            make_network(client, names, self.pool)
            make_home(client, names, self._own(lab.service(lab.tools)).scratch()[HOME])
        missing = [each for each in lab.services if each.name not in there]
        with ThreadPoolExecutor(min(WORKERS, len(missing) or 1)) as pool:
            started = list(pool.map(lambda each: self._start(names, each), missing))
        containers = there | dict(zip((each.name for each in missing), started, strict=True))
        note = Note(lease, lab.tools, containers, note.is_ready)
        self.place.write(note)
        return note

    def _own(self, service: ServiceSpec) -> Plan:
        """The plan of a container that holds this one service."""
        return replace(self.plan, lab=self.plan.lab.model_copy(update={"services": (service,)}))

    def _start(self, names: Names, service: ServiceSpec) -> Container:
        if self.cancelled():
            raise CommandCancelled
        own = self._own(service)
        image = self.plan.images[service.image].docker
        with Boot(self.place, service.name) as boot:
            recipe = Recipe(names, service, image, own.scratch(), boot.folder)
            with self.engine.talk() as client:
                found = recipe.start(client)
            self._boot(boot, found, image)
        # How large a file may be is the lab's: ZooKeeper makes larger ones than it has room for.
        configuration = own.configuration(has_group=True) | {"fsize": self.plan.disk_mb << 20}
        ask(boot.address, "configure", **configuration)
        return Container(found, find_group(found))

    def _boot(self, boot: Boot, container: str, image: str) -> None:
        """Wait until the first process has come for its listener."""
        machine = MACHINES.get(platform.machine())
        rules = program(machine) if machine else b""
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
