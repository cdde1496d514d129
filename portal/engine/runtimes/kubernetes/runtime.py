"""The kubernetes driver: what the contract asks, by way of each pod's gate.

The API is asked only to start and to end things, and where a gate is silent: a cluster that is up
is driven over calls to its gate alone.
"""

import contextlib
import time
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from portal.engine.errors import ClusterError, ClusterGone, StepFailed
from portal.engine.runtimes.agent import several
from portal.engine.runtimes.agent.execution import AgentExecution
from portal.engine.runtimes.agent.impairing import no_means, no_service
from portal.engine.runtimes.agent.link import GONE, Link
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.agent.seccomp import native
from portal.engine.runtimes.agent.shared import AgentEach
from portal.engine.runtimes.agent.startup import Startup, did_not_start, was_ended
from portal.engine.runtimes.agent.talks import follow_log, get_file, put_file
from portal.engine.runtimes.base import (
    Cancelled,
    ClusterSpec,
    Execution,
    Health,
    Image,
    Impairment,
    LogLine,
    Progress,
    State,
    Stock,
    never,
)
from portal.engine.runtimes.kubernetes import launch, nodes, observing, rights
from portal.engine.runtimes.kubernetes.api import Api, Missing
from portal.engine.runtimes.kubernetes.names import PORTAL, SESSION, Names
from portal.engine.runtimes.kubernetes.place import Note, Place
from portal.engine.runtimes.kubernetes.pod import Operator
from portal.engine.runtimes.kubernetes.tunnel import Tunnel

USUAL_SECONDS = 4.0
LABELLED = ("pods", "secrets")
"""The kinds that a session has parts of."""


class KubernetesRuntime(AgentEach):
    """A pod a session, in one namespace. Nothing in it is trusted.

    `folder` is this runner's own. `mark` tells this runner's sessions from those of others in the
    namespace; empty: by its folder. `kubeconfig` is a path, empty in a pod. `operator` has the
    fields of `Operator`.
    """

    name = "kubernetes"

    def __init__(
        self,
        *,
        folder: str,
        images: Mapping[str, Image],
        namespace: str,
        kubeconfig: str = "",
        mark: str = "",
        operator: Mapping[str, Any] | None = None,
    ):
        self.folder = Path(folder).absolute()
        self.images = {name: each for name, each in images.items() if each.tag}
        self.api = Api(namespace, kubeconfig)
        self.mark = mark or f"{zlib.crc32(bytes(self.folder)):08x}"
        self.operator = Operator(**(operator or {}))

    def _place(self, session: str) -> Place:
        return Place(self.folder, session)

    def _names(self, session: str) -> Names:
        return Names(self.mark, session)

    def check(self) -> None:
        native()
        rights.check(self.api)

    def about(self) -> str:
        told = f"Kubernetes {self.api.version()}, namespace {self.api.namespace}"
        images = (f"{self.operator.registry}{each.tag}" for each in self.images.values())
        lacking = nodes.lacking(self.api, images)
        return f"{told}; not on every node yet: {', '.join(lacking)}" if lacking else told

    def stock(self) -> list[Stock]:
        # A node pulls what it lacks, and a launch says what can't be had.
        return [Stock(each.tag, "present") for each in self.images.values() if each.for_labs]

    # -- starting

    def up(self, spec: ClusterSpec, *, cancelled: Cancelled = never) -> Iterator[Progress]:
        place = self._place(spec.session)
        note = place.note
        was_up = note is not None and note.is_ready and self._is_whole(place, note)
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
        yield Progress("kubernetes", "a pod", usual=USUAL_SECONDS)
        note = self._adopt_or_launch(place, spec, cancelled)
        if not note.is_ready:  # Later, the files are the student's.
            self.put_files(spec.session, spec.files, spec.modes)
        yield Progress("kubernetes", "", True, time.monotonic() - started, USUAL_SECONDS)
        yield from Startup(self, spec, cancelled).run()
        try:
            launch.make_ready(self.api, place, self._names(spec.session).stem, note)
        except (OSError, Missing) as error:
            raise was_ended() from error

    def _adopt_or_launch(self, place: Place, spec: ClusterSpec, cancelled: Cancelled) -> Note:
        plan = Plan(spec.services, self.images, self.merges)
        with place.starting():
            # What is noted here may be of a pod that another runner has replaced since.
            for is_anew in (False, True):
                note = self._recall(place) if is_anew else place.note
                if note is not None and self._is_whole(place, note):
                    return note
            self._remove(place)
            return launch.Launch(
                self.api, place, plan, spec.tools, self.mark, self.operator, cancelled
            ).run()

    def _is_whole(self, place: Place, note: Note) -> bool:
        return several.answering(place.agents(note)) == set(note.services)

    def _note(self, place: Place) -> Note | None:
        """What is known of a session, here or in the cluster. Raises ClusterError."""
        return place.note or self._recall(place)

    def _recall(self, place: Place) -> Note | None:
        return launch.recall(self.api, place, self._names(place.session))

    # -- driving

    def observe(self, session: str) -> Health:
        place = self._place(session)
        try:
            note = self._note(place)
        except (ClusterError, OSError):
            note = None
        if note is None:
            return Health(State.ABSENT)
        return observing.health(self.api, place, self._names(session).stem, note)

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
        return AgentExecution(
            Link(self._agent(session, service)),
            {"service": service, "argv": list(argv)},
            stdin=stdin,
            timeout=timeout,
            cancelled=cancelled,
        )

    def impair(self, session: str, service: str, how: Impairment | None) -> None:
        if service not in self._noted(session).services:
            raise no_service(service)
        if how is not None:
            raise no_means("in a pod all services share one network", "another runtime")

    def impaired(self, session: str) -> Mapping[str, Impairment]:
        return {}

    def logs(
        self, session: str, service: str, since: int = 0, *, cancelled: Cancelled = never
    ) -> Iterator[LogLine]:
        try:
            agent = self._agent(session, service)
        except ClusterGone:
            return
        yield from follow_log(agent, service, since, cancelled)

    def put_file(self, session: str, path: str, content: bytes, *, mode: int = 0o644) -> None:
        put_file(self._tools(session), path, content, mode)

    def get_file(self, session: str, path: str, *, limit: int = 64 * 2**20) -> bytes:
        return get_file(self._tools(session), path, limit)

    def _noted(self, session: str) -> Note:
        note = self._note(self._place(session))
        if note is None:
            raise ClusterGone(GONE)
        return note

    def _agent(self, session: str, service: str) -> Tunnel:
        return self._place(session).agent(self._noted(session), service)

    def _agents(self, session: str) -> dict[str, Tunnel]:
        return self._place(session).agents(self._noted(session))

    def _tools(self, session: str) -> Tunnel:
        """The way to the tools' agent: every container has the same /w205."""
        return self._agent(session, self._noted(session).tools)

    # -- sleeping

    def freeze(self, session: str) -> None:
        self._noted(session)
        raise ClusterError(
            "On Kubernetes clusters don't sleep: a pod can't be made to stand still."
        )

    def thaw(self, session: str) -> None:
        self._noted(session)

    # -- ending

    def down(self, session: str) -> None:
        place = self._place(session)
        with place.starting():
            self._remove(place)

    def _remove(self, place: Place) -> None:
        launch.end(self.api, self._names(place.session).stem)
        place.remove()

    def list_all(self) -> list[str]:
        parts = [each for kind in LABELLED for each in self.api.list(kind, f"{PORTAL}={self.mark}")]
        found = {str((each["metadata"].get("annotations") or {}).get(SESSION)) for each in parts}
        if self.folder.is_dir():
            found |= {each.name for each in self.folder.iterdir() if each.is_dir()}
        return sorted(each for each in found if not each.startswith("."))
