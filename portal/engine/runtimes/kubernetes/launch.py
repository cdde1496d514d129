"""Start a session's pod, and find the way to its gate; find it again; end it."""

import base64
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from portal.engine.errors import ClusterError, CommandCancelled, RuntimeUnavailable
from portal.engine.runtimes.agent import several
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.agent.seccomp import native
from portal.engine.runtimes.base import Cancelled
from portal.engine.runtimes.kubernetes import keys, pod, waiting
from portal.engine.runtimes.kubernetes.api import Api, Taken
from portal.engine.runtimes.kubernetes.names import POLICY, READY, Names
from portal.engine.runtimes.kubernetes.place import Note, Place
from portal.engine.runtimes.kubernetes.pod import Object, Operator, Recipe

GATE_SECONDS = 60.0
PAUSE_SECONDS = 0.05
END_SECONDS = 30.0
"""How long a node may take to end a pod; then it is forgotten, as one whose node is gone."""


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of a session."""

    api: Api
    place: Place
    plan: Plan
    tools: str
    mark: str
    operator: Operator
    cancelled: Cancelled

    def run(self) -> Note:
        """Start it; to be called while `starting`, and with nothing of it there.

        Raises ClusterError. What a failure leaves, `end` ends.
        """
        names = Names(self.mark, self.place.session, secrets.token_hex(8))
        recipe = Recipe(names, self.plan, self.tools, self.operator)
        # Refused before anything is made, if it names what no operator allowed.
        body, told = recipe.pod(), recipe.gate()
        gate, runner = keys.issue("gate"), keys.issue("runner")
        content = {
            "gate.json": json.dumps(told).encode(),
            "gate.pem": gate.whole,
            "gate.crt": gate.certificate,
            "runner.crt": runner.certificate,
            "runner.pem": runner.whole,
            # For nodes whose processors are of this host's kind.
            "rules": native(),
        }
        self.place.keep_keys(runner.whole, gate.certificate)
        make_policy(self.api, self.operator)
        try:
            self.api.create("secrets", secret(names, content))
            self.api.create("pods", body)
        except Taken as error:
            raise ClusterError("Another runner starts or ends this session just now.") from error
        found = waiting.until_it_runs(self.api, names.stem, self.cancelled)
        services = tuple(each.name for each in self.plan.services)
        note = noted(found, self.tools, services)
        self.place.write(note)
        self._wait_for_gate(note)
        return note

    def _wait_for_gate(self, note: Note) -> None:
        """Until all agents can be called by it: they have been told what they serve by then."""
        agents = self.place.agents(note)
        deadline = time.monotonic() + GATE_SECONDS
        while several.answering(agents) != set(agents):
            if self.cancelled():
                raise CommandCancelled
            if time.monotonic() > deadline:
                raise RuntimeUnavailable(
                    f"The session's gate at {note.host} can't be reached.",
                    advice="The portal's runner must reach pods by their addresses, and have "
                    "images of its own release.",
                )
            time.sleep(PAUSE_SECONDS)


def noted(found: Object, tools: str, services: tuple[str, ...]) -> Note:
    """What is to be remembered of a pod that runs."""
    metadata = found["metadata"]
    return Note(
        lease=str(metadata.get("labels", {}).get("sluice.lease", "")),
        uid=str(metadata["uid"]),
        host=str(found["status"]["podIP"]),
        port=pod.PORT,
        tools=tools,
        services=services,
        is_ready=READY in (metadata.get("annotations") or {}),
    )


def secret(names: Names, content: Mapping[str, bytes]) -> Object:
    """What a gate knows, and a runner that has to find the way again."""
    data = {name: base64.b64encode(each).decode() for name, each in content.items()}
    kind = {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "immutable": True}
    return {**kind, "metadata": names.metadata(), "data": data}


def make_policy(api: Api, operator: Operator) -> None:
    """Have the namespace's network policy. There already is success, whatever it says."""
    if api.get("networkpolicies", POLICY) is not None:
        return
    body = pod.policy(operator)
    try:
        api.create("networkpolicies", {**body, "metadata": {"name": POLICY}})
    except Taken:
        return


def recall(api: Api, place: Place, names: Names) -> Note | None:
    """Find the way to a session that another runner has started, or this one before it lost its
    folder; None if there is none that runs. Raises ClusterError."""
    found, known = api.get("pods", names.stem), api.get("secrets", names.stem)
    if found is None or known is None or not waiting.runs(found):
        return None
    if "deletionTimestamp" in found["metadata"]:
        return None
    data = {name: base64.b64decode(each) for name, each in (known.get("data") or {}).items()}
    if known["metadata"]["labels"]["sluice.lease"] != found["metadata"]["labels"]["sluice.lease"]:
        return None
    told = json.loads(data["gate.json"])
    place.keep_keys(data["runner.pem"], data["gate.crt"])
    note = noted(found, told["tools"], tuple(each["service"] for each in told["agents"]))
    place.write(note)
    return note


def make_ready(api: Api, place: Place, name: str, note: Note) -> None:
    """Note that `up` came to its end, here and in the cluster. Raises OSError, Missing."""
    api.annotate(name, {READY: "true"})
    place.write(replace(note, is_ready=True))


def end(api: Api, name: str) -> None:
    """End a pod, wait until it is gone, and forget its keys. Already gone is success."""
    known, found = api.get("secrets", name), api.get("pods", name)
    if found is not None:
        uid = found["metadata"]["uid"]
        api.delete("pods", name, grace=1, uid=uid)
        if not is_gone(api, name, uid):
            # Its node says nothing: what is left there, it ends by itself once it is back.
            api.delete("pods", name, grace=0, uid=uid)
    if known is not None:
        # Another runner may have launched it anew meanwhile: its pod waits for keys of that name.
        api.delete("secrets", name, uid=known["metadata"]["uid"])


def is_gone(api: Api, name: str, uid: str) -> bool:
    """Whether that very pod has gone in the time that a node may take."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        found = api.get("pods", name)
        if found is None or found["metadata"]["uid"] != uid:
            return True
        for event in api.watch(name, waiting.WATCH_SECONDS):
            if event.is_gone:
                return True
    return False
