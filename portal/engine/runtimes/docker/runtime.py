"""The docker driver: what the contract asks, by way of each container's agent.

`first.py`, `launch.py` and the agent's `link.py` do the work. The engine is asked only to start
and to end things: a cluster that is up is driven over its agents' sockets alone.
"""

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network
from pathlib import Path

from portal.engine.errors import ClusterError, ClusterGone, StepFailed
from portal.engine.runtimes.agent import seccomp
from portal.engine.runtimes.agent.execution import AgentExecution, MemoryWatch
from portal.engine.runtimes.agent.link import GONE, Link
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.agent.shared import AgentEach
from portal.engine.runtimes.agent.startup import Startup, did_not_start, was_ended
from portal.engine.runtimes.agent.talks import follow_log, get_file, put_file
from portal.engine.runtimes.base import (
    Built,
    Cancelled,
    ClusterSpec,
    Execution,
    Health,
    Image,
    Impairment,
    LogLine,
    Progress,
    Stock,
    never,
)
from portal.engine.runtimes.docker import images, links, observing, pausing, remains
from portal.engine.runtimes.docker.alive import agents, answering, noted
from portal.engine.runtimes.docker.engine import Engine, missing_image
from portal.engine.runtimes.docker.inventory import inventory
from portal.engine.runtimes.docker.launch import Launch
from portal.engine.runtimes.docker.memory import ContainerGroup
from portal.engine.runtimes.docker.names import mark
from portal.engine.runtimes.docker.place import Note, Place

USUAL_SECONDS = 1.5


class DockerRuntime(AgentEach):
    """A container for each service, on a network of the session's own. Nothing in it is trusted.

    `folder` is this portal's own, and the engine must see it under the same path. `url` is the
    engine's address; `subnets` the addresses that sessions' networks are cut from; `base` is what
    the images start from, instead of what they say; `runs_by` what runs containers, as `runsc`;
    `merges` has the kernel keep pages that are alike once: see `portal.engine.merging`.
    """

    name = "docker"
    makes_images = True

    def __init__(
        self,
        *,
        folder: str,
        images: Mapping[str, Image],
        url: str = "",
        subnets: str = "10.213.0.0/16",
        base: str = "",
        runs_by: str = "",
        merges: bool = False,
    ):
        self.folder = Path(folder).absolute()
        self.images = {name: each for name, each in images.items() if each.tag}
        self.base = base
        self.merges = merges
        self.engine = Engine(url, runs_by)
        self.pool = IPv4Network(subnets)
        self.mark = mark(self.folder)

    def _place(self, session: str) -> Place:
        return Place(self.folder, session)

    def check(self) -> None:
        seccomp.native()
        self.engine.check()
        with self.engine.talk() as client:
            tags = {tag for each in client.images() for tag in each["RepoTags"] or ()}
        wanted = {each.tag for each in self.images.values() if each.for_labs and each.is_here}
        if missing := sorted(wanted - tags):
            raise missing_image(", ".join(missing))

    def about(self) -> str:
        return self.engine.version()

    def stock(self) -> list[Stock]:
        return inventory(self.engine, self.images, base=self.base)

    def prepare(
        self, *, base: str = "", anew: bool = False, only_look: bool = False
    ) -> Iterator[Built]:
        yield from images.prepare(
            self.engine, self.images, base=base or self.base, anew=anew, only_look=only_look
        )

    # -- starting

    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        place = self._place(spec.session)
        if place.is_asleep:
            with contextlib.suppress(ClusterGone):
                self.thaw(spec.session)
        note = place.note
        was_up = note is not None and note.is_ready and bool(answering(place, note))
        try:
            yield from self._up(place, spec, cancelled)
        except BaseException as error:
            if not was_up:
                # What can't be ended stays labelled, and `list_all` tells of it.
                with contextlib.suppress(ClusterError):
                    self.down(spec.session)
            if isinstance(error, ClusterGone | StepFailed):
                raise did_not_start(error) from error
            raise

    def _up(self, place: Place, spec: ClusterSpec, cancelled: Cancelled) -> Iterator[Progress]:
        started = time.monotonic()
        yield Progress("docker", "a network and its containers", usual=USUAL_SECONDS)
        note = self._adopt_or_launch(place, spec, cancelled)
        if not note.is_ready:  # Later, the files are the student's.
            self.put_files(spec.session, spec.files, spec.modes)
        yield Progress("docker", "", True, time.monotonic() - started, USUAL_SECONDS)
        yield from Startup(self, spec, cancelled).run()
        try:
            place.write(replace(note, is_ready=True))
        except OSError as error:
            raise was_ended() from error

    def _adopt_or_launch(self, place: Place, spec: ClusterSpec, cancelled: Cancelled) -> Note:
        plan = Plan(spec.services, self.images, self.merges)
        with place.starting():
            note = place.note
            alive = answering(place, note) if note else {}
            if note is not None and len(alive) == len(spec.services):
                return note
            if note is None or not alive:
                self._remove(place)
                note = None
            else:
                note = replace(note, containers=alive)
            launch = Launch(self.engine, place, plan, spec.tools, self.pool, self.mark, cancelled)
            return launch.run(note)

    # -- driving

    def observe(self, session: str) -> Health:
        return observing.health(self.engine, self._place(session))

    def exec(
        self,
        session: str,
        service: str,
        argv: tuple[str, ...],
        *,
        stdin: bytes = b"",
        timeout: float = 60.0,
        cancelled: Cancelled = never,
    ) -> Execution:
        place = self._place(session)
        note = place.note
        if note is None or note.tools not in note.containers:
            raise ClusterGone(GONE)
        container = note.containers.get(service, note.containers[note.tools])
        return AgentExecution(
            Link(place.socket(service)),
            {"service": service, "argv": list(argv)},
            stdin=stdin,
            timeout=timeout,
            cancelled=cancelled,
            memory=MemoryWatch(ContainerGroup(container.group)),
        )

    def impair(self, session: str, service: str, how: Impairment | None) -> None:
        links.change(self.engine, self.mark, self._place(session), service, how)

    def impaired(self, session: str) -> Mapping[str, Impairment]:
        return self._place(session).impaired

    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        yield from follow_log(self._agent(session, service), service, since, cancelled)

    def put_file(self, session: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        put_file(self._tools(session), path, content, mode)

    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        return get_file(self._tools(session), path, limit)

    def _tools(self, session: str) -> Path:
        """The address of the tools' agent: every container has the same /w205."""
        place = self._place(session)
        note = place.note
        if note is None:
            raise ClusterGone(GONE)
        return place.socket(note.tools)

    def _agents(self, session: str) -> dict[str, Path]:
        place = self._place(session)
        note = place.note
        return agents(place, note) if note else {}

    def _agent(self, session: str, service: str) -> Path:
        return self._place(session).socket(service)

    # -- sleeping

    def freeze(self, session: str) -> None:
        place = self._place(session)
        with place.turning():
            note = noted(place)
            place.fall_asleep({})
            try:
                pausing.pause(self.engine, note)
            except ClusterError:
                with contextlib.suppress(ClusterError):
                    pausing.unpause(self.engine, note)
                place.wake()
                raise

    def thaw(self, session: str) -> None:
        place = self._place(session)
        with place.turning():
            note = noted(place)
            if place.is_asleep:
                pausing.unpause(self.engine, note)
                place.wake()

    # -- ending

    def down(self, session: str) -> None:
        place = self._place(session)
        with place.starting(), place.turning():
            self._remove(place)

    def _remove(self, place: Place) -> None:
        remains.remove(self.engine, self.mark, place.session)
        place.remove()

    def list_all(self) -> list[str]:
        with self.engine.talk() as client:
            found = remains.sessions(client, self.mark)
        if self.folder.is_dir():
            found |= {each.name for each in self.folder.iterdir() if each.is_dir()}
        return sorted(each for each in found if not each.startswith("."))
