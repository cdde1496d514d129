"""Talk to the API of a Kubernetes cluster; what it can fail with, as typed errors."""

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import urllib3
from kubernetes import client, config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException

from portal.engine.errors import CapacityExceeded, ClusterError, RuntimeUnavailable

T = TypeVar("T")
Object = dict[str, Any]
"""A part of the cluster, as the API writes it in JSON."""

CONNECT_SECONDS, ANSWER_SECONDS = 5.0, 30.0
PATIENCE_SECONDS = 20.0
"""How long an API is waited for that starts again, or has too much to do."""
PAUSE_SECONDS = 0.2
LONGEST_PAUSE = 3.0
JSON = "application/json"
GROUPS = {"networkpolicies": "networking.k8s.io"}
"""The API's group of each kind that isn't in the core."""
BUSY = (429, 500, 502, 503, 504)
CONFLICT = 409
QUOTA = "exceeded quota"
NO_API = (
    "The Kubernetes API does not answer.",
    "Whoever runs this portal looks at the address in SLUICE_KUBECONFIG, and at that cluster.",
)


class Missing(Exception):
    """There is no such part."""


class Taken(Exception):
    """There is another part of that name."""


@dataclass(frozen=True, slots=True)
class Event:
    """What became of a pod that is watched."""

    is_gone: bool
    pod: Object


class Api:
    """One namespace of one cluster. Safe to use from several threads.

    `kubeconfig` is a file's path; empty for what a pod is given by its own cluster.
    """

    def __init__(self, namespace: str, kubeconfig: str = "", patience: float = PATIENCE_SECONDS):
        self.namespace, self.kubeconfig, self.patience = namespace, kubeconfig, patience
        self._client: client.ApiClient | None = None

    # -- what there is to ask

    def version(self) -> str:
        """The cluster's release. Raises RuntimeUnavailable."""
        return str(self.ask("GET", "/version").get("gitVersion", ""))

    def nodes(self) -> list[Object]:
        """The cluster's nodes. Raises RuntimeUnavailable for who may not see them."""
        return list(self.ask("GET", "/api/v1/nodes").get("items") or ())

    def list(self, kind: str, labels: str) -> list[Object]:
        """The parts of a kind (*pods*, *secrets*) that have these labels."""
        found = self.ask("GET", self._path(kind), labelSelector=labels)
        return list(found.get("items") or ())

    def get(self, kind: str, name: str) -> Object | None:
        """One part; None if there is none of that name."""
        try:
            return self.ask("GET", self._path(kind, name))
        except Missing:
            return None

    def create(self, kind: str, body: Object) -> Object:
        """Make a part. Raises Taken, CapacityExceeded for want of quota."""
        return self.ask("POST", self._path(kind), body)

    def annotate(self, name: str, notes: dict[str, str]) -> None:
        """Note something on a pod. Raises Missing."""
        self.ask("PATCH", self._path("pods", name), {"metadata": {"annotations": notes}})

    def delete(self, kind: str, name: str, *, grace: int = 0, uid: str = "") -> None:
        """Have a part removed, that very one if `uid` says so. Already gone is success."""
        body: Object = {"gracePeriodSeconds": grace, "propagationPolicy": "Background"}
        if uid:
            body["preconditions"] = {"uid": uid}
        # Another one has its name by now: that very one is gone.
        with contextlib.suppress(Missing, Taken):
            self.ask("DELETE", self._path(kind, name), body)

    def may(self, verb: str, kind: str, group: str = "") -> bool:
        """Whether the cluster lets us do that to parts of a kind."""
        wanted = {"namespace": self.namespace, "verb": verb, "resource": kind, "group": group}
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        body = {"spec": {"resourceAttributes": wanted}}
        return bool(self.ask("POST", path, body).get("status", {}).get("allowed"))

    def watch(self, name: str, seconds: int) -> Iterator[Event]:
        """What becomes of a pod, from now on and as it is now; ends after `seconds`, or earlier.

        Whoever watches looks again when it ends. A pod that isn't there has no events.
        """
        options = {"fieldSelector": f"metadata.name={name}", "timeoutSeconds": seconds, "watch": 1}
        answer = self.retried(lambda: self._call("GET", self._path("pods"), None, options))
        try:
            for line in lines(answer):
                event = json.loads(line)
                if event.get("type") == "ERROR":
                    return  # What it was to begin at is too old, as after a long pause.
                if event.get("type") != "BOOKMARK":
                    yield Event(event.get("type") == "DELETED", event.get("object") or {})
        except (urllib3.exceptions.HTTPError, ValueError, OSError):
            return
        finally:
            answer.close()

    # -- how it is asked

    def ask(self, verb: str, path: str, body: Object | None = None, **query: Any) -> Object:
        """One request, tried again while the API is not there or has too much to do."""
        told = self.retried(lambda: self._call(verb, path, body, query).read())
        return dict(json.loads(told or b"{}"))

    def retried(self, call: Callable[[], T]) -> T:
        """Try until it is answered. Raises ClusterError, Missing, Taken."""
        deadline, pause = time.monotonic() + self.patience, PAUSE_SECONDS
        while True:
            try:
                return call()
            except ApiException as error:
                is_late = time.monotonic() > deadline
                # A quota's own conflict: somebody counts at the same time.
                counts = error.status == CONFLICT and "resourcequota" in str(error.body).lower()
                if is_late or (error.status not in BUSY and not counts):
                    raise refused(error) from error
            except (urllib3.exceptions.HTTPError, OSError) as error:
                if time.monotonic() > deadline:
                    raise RuntimeUnavailable(NO_API[0], advice=NO_API[1]) from error
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _call(self, verb: str, path: str, body: Object | None, query: dict[str, Any]) -> Any:
        """The answer's head; its body is still to be read. Raises ApiException."""
        types = {"PATCH": "application/merge-patch+json"}
        told = {"Accept": JSON, "Content-Type": types.get(verb, JSON)}
        request = self.client.param_serialize(
            verb,
            path,
            query_params=list(query.items()),
            header_params=told,
            body=body,
            auth_settings=["BearerToken"],
        )
        answer = self.client.call_api(
            *request, _request_timeout=(CONNECT_SECONDS, ANSWER_SECONDS)
        ).response
        if not 200 <= answer.status < 300:
            said = answer.read().decode(errors="replace")
            raise ApiException(answer.status, answer.reason, body=said)
        return answer

    def _path(self, kind: str, name: str = "") -> str:
        group = f"/apis/{GROUPS[kind]}" if kind in GROUPS else "/api"
        path = f"{group}/v1/namespaces/{self.namespace}/{kind}"
        return f"{path}/{name}" if name else path

    @property
    def client(self) -> client.ApiClient:
        """Made when it is first needed. Raises RuntimeUnavailable."""
        if self._client is None:
            self._client = connect(self.kubeconfig)
        return self._client


def connect(kubeconfig: str) -> client.ApiClient:
    """A client by a file, or by what a pod is given. Raises RuntimeUnavailable."""
    made = client.Configuration()
    try:
        if kubeconfig:
            config.load_kube_config(  # type: ignore[no-untyped-call]
                kubeconfig, client_configuration=made
            )
        else:
            config.load_incluster_config(client_configuration=made)  # type: ignore[no-untyped-call]
    except (ConfigException, OSError) as error:
        raise RuntimeUnavailable(
            f"The portal can't find its Kubernetes cluster: {error}",
            advice="Whoever runs this portal names a file in SLUICE_KUBECONFIG, or runs it in a "
            "pod that has a service account.",
        ) from error
    # We try again ourselves, and know for how long.
    made.retries = False
    return client.ApiClient(made)


def lines(answer: Any) -> Iterator[bytes]:
    """The lines of an answer that goes on, as they come."""
    rest = b""
    for piece in answer.stream(amt=None, decode_content=False):
        *whole, rest = (rest + piece).split(b"\n")
        yield from (each for each in whole if each)


def refused(error: ApiException) -> Exception:
    """What an answer that is none means."""
    said = words(error)
    match error.status:
        case 404 if "namespaces" in said and "not found" in said:
            return RuntimeUnavailable(
                f"The Kubernetes namespace of this portal isn't there: {said}",
                advice="Whoever runs this portal makes it again: see docs/kubernetes.md.",
            )
        case 404:
            return Missing(said)
        case 409:
            return Taken(said)
        case 403 if QUOTA in said:
            return CapacityExceeded("The quota of this portal's Kubernetes namespace is spent.")
        case 403 if "being terminated" in said:
            return RuntimeUnavailable(
                "The Kubernetes namespace of this portal is being deleted.",
                advice="Whoever runs this portal makes it again: see docs/kubernetes.md.",
            )
        case 403 if "PodSecurity" in said:
            return RuntimeUnavailable(
                f"The Kubernetes cluster takes no such pods: {said}",
                advice="Whoever runs this portal looks at the namespace's pod-security labels.",
            )
        case 401 | 403:
            return RuntimeUnavailable(
                f"The portal lacks a right in its Kubernetes cluster: {said}",
                advice="Whoever runs this portal gives it the role of docs/kubernetes.md.",
            )
        case _:
            return ClusterError(f"Kubernetes answered {error.status}: {said}")


def words(error: ApiException) -> str:
    """What the API says of it."""
    body = error.body
    with contextlib.suppress(ValueError, TypeError, AttributeError):
        body = json.loads(body or "").get("message", "")
    return str(body or error.reason or "")[:500]
