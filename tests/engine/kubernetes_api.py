"""A Kubernetes API as the driver sees one: keeps parts, tells watchers, refuses when told to.

What a node would do with a pod is for a test to say: `on_pod` is called with each that is made.
"""

import contextlib
import copy
import json
import queue
import re
import threading
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Object = dict[str, Any]
PART = re.compile(r"/(?:api|apis/[a-z.0-9]+)/v1/namespaces/sessions/([a-z]+)(?:/([a-z0-9-]+))?")


class KubernetesApi:
    """The cluster's state, and its server."""

    def __init__(self) -> None:
        self.parts: dict[tuple[str, str], Object] = {}
        self.watchers: list[tuple[str, queue.Queue[Object | None]]] = []
        self.on_pod: Callable[[Object], None] = lambda pod: None
        self.on_delete: Callable[[Object], None] = lambda pod: None
        self.refusals: list[tuple[int, str]] = []
        """What the next requests are answered, before any is heeded."""
        self.denied: set[tuple[str, str]] = set()
        """(verb, kind) that nobody may."""
        self.nodes: list[Object] | None = None
        """None: who asks may not see them."""
        self.requests: list[tuple[str, str]] = []
        self.lock = threading.RLock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler(self))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def kubeconfig(self, folder: Path) -> str:
        """A file that leads here."""
        address = f"http://127.0.0.1:{self.server.server_address[1]}"
        told = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": address}}],
            "users": [{"name": "u", "user": {"token": "t"}}],
            "contexts": [{"name": "x", "context": {"cluster": "c", "user": "u"}}],
            "current-context": "x",
        }
        path = folder / "kubeconfig"
        path.write_text(json.dumps(told))
        return str(path)

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def of(self, kind: str) -> list[Object]:
        with self.lock:
            return [each for (found, _), each in self.parts.items() if found == kind]

    def change(self, name: str, **status: Any) -> None:
        """A node says what became of a pod."""
        with self.lock:
            pod = self.parts["pods", name]
            pod["status"].update(status)
            self._tell("MODIFIED", pod)

    def run(self, pod: Object, address: str = "127.0.0.1") -> None:
        """As a node does that starts all of a pod."""
        running: Object = {"state": {"running": {}}}

        def each(kind: str) -> list[Object]:
            return [{"name": one["name"], **running} for one in pod["spec"][kind]]

        self.change(
            pod["metadata"]["name"],
            phase="Running",
            podIP=address,
            initContainerStatuses=each("initContainers"),
            containerStatuses=each("containers"),
        )

    def remove(self, kind: str, name: str) -> None:
        with self.lock:
            gone = self.parts.pop((kind, name))
            if kind == "pods":
                self.on_delete(gone)
                self._tell("DELETED", gone)

    def _tell(self, what: str, pod: Object) -> None:
        for name, events in self.watchers:
            if name == pod["metadata"]["name"]:
                events.put({"type": what, "object": copy.deepcopy(pod)})

    # -- what is asked of it

    def answer(self, verb: str, url: str, body: Object) -> tuple[int, Object]:
        """Status and body."""
        with self.lock:
            self.requests.append((verb, urlsplit(url).path))
            if self.refusals:
                status, message = self.refusals.pop(0)
                return status, {"message": message}
            if url.startswith("/version"):
                return 200, {"gitVersion": "v1.34.4"}
            if "selfsubjectaccessreviews" in url:
                wanted = body["spec"]["resourceAttributes"]
                is_allowed = (wanted["verb"], wanted["resource"]) not in self.denied
                return 201, {"status": {"allowed": is_allowed}}
            if url == "/api/v1/nodes":
                return (
                    (403, {"message": "nodes is forbidden"})
                    if self.nodes is None
                    else (
                        200,
                        {"items": self.nodes},
                    )
                )
            found = PART.fullmatch(urlsplit(url).path)
            assert found, url
            method = getattr(self, f"_{verb.lower()}")
            status, answer = method(found[1], found[2], body, url)
            return int(status), answer

    def _get(self, kind: str, name: str | None, body: Object, url: str) -> tuple[int, Object]:
        if name:
            part = self.parts.get((kind, name))
            return (200, part) if part else (404, {"message": f'{kind} "{name}" not found'})
        labels = parse_qs(urlsplit(url).query).get("labelSelector", [""])[0]
        key, _, value = labels.partition("=")
        items = [each for each in self.of(kind) if each["metadata"]["labels"].get(key) == value]
        return 200, {"items": items}

    def _post(self, kind: str, _: str | None, body: Object, url: str) -> tuple[int, Object]:
        name = body["metadata"]["name"]
        if (kind, name) in self.parts:
            return 409, {"message": f'{kind} "{name}" already exists'}
        part = copy.deepcopy(body)
        part["metadata"]["uid"] = str(uuid.uuid4())
        part["status"] = {"phase": "Pending"}
        self.parts[kind, name] = part
        if kind == "pods":
            threading.Thread(target=self._begin, args=(part,), daemon=True).start()
        return 201, part

    def _begin(self, pod: Object) -> None:
        self._tell("ADDED", pod)
        with contextlib.suppress(KeyError, OSError):  # Deleted meanwhile.
            self.on_pod(pod)

    def _patch(self, kind: str, name: str, body: Object, url: str) -> tuple[int, Object]:
        part = self.parts.get((kind, name))
        if part is None:
            return 404, {"message": "not found"}
        part["metadata"]["annotations"].update(body["metadata"]["annotations"])
        return 200, part

    def _delete(self, kind: str, name: str, body: Object, url: str) -> tuple[int, Object]:
        part = self.parts.get((kind, name))
        if part is None:
            return 404, {"message": "not found"}
        wanted = body.get("preconditions", {}).get("uid", part["metadata"]["uid"])
        if wanted != part["metadata"]["uid"]:
            return 409, {"message": "the uid in the precondition is another"}
        self.remove(kind, name)
        return 200, {}

    def watch(self, url: str) -> Iterator[Object]:
        """The pod as it is, then what becomes of it, until its time is over."""
        query = parse_qs(urlsplit(url).query)
        name = query["fieldSelector"][0].removeprefix("metadata.name=")
        events: queue.Queue[Object | None] = queue.Queue()
        with self.lock:
            self.watchers.append((name, events))
            if part := self.parts.get(("pods", name)):
                events.put({"type": "ADDED", "object": copy.deepcopy(part)})
        timer = threading.Timer(float(query["timeoutSeconds"][0]), events.put, [None])
        timer.start()
        try:
            while event := events.get():
                yield event
        finally:
            timer.cancel()
            self.watchers.remove((name, events))

    def end_watches(self) -> None:
        """As an API server does that starts again."""
        for _, events in list(self.watchers):
            events.put(None)


def handler(api: KubernetesApi) -> type[BaseHTTPRequestHandler]:
    """What serves it."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size) or b"{}")
            if "watch=1" in self.path and not api.refusals:
                self._stream()
                return
            status, answer = api.answer(self.command, self.path, body)
            told = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def __getattr__(self, name: str) -> object:
            if name.startswith("do_"):
                return self._serve
            raise AttributeError(name)

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.send_header("Connection", "close")
            self.end_headers()
            with contextlib.suppress(OSError):
                for event in api.watch(self.path):
                    self._send(json.dumps(event).encode() + b"\n")
                self._send(b"")
            self.close_connection = True

        def _send(self, piece: bytes) -> None:
            """A chunk, as the real one sends them: each is read as soon as it is there."""
            self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
