"""A node as far as sessions' pods go: gates and agents as processes and threads of this host."""

import base64
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

from portal.engine import guest
from portal.engine.guest.gate.agents import Behind
from portal.engine.guest.gate.serving import Gate, secured
from portal.engine.runtimes.kubernetes import pod as pods
from tests.engine.kubernetes_api import KubernetesApi

AGENT = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv.pop(1))
from guest.agent import __main__, children, door, files, verbs
children.HOME = files.HOME = Path(sys.argv.pop(1))
door.listen = lambda *_: None
__main__.main()
"""


class Running:
    """What one pod is here."""

    def __init__(self, api: KubernetesApi, pod: dict[str, Any], folder: Path):
        name = pod["metadata"]["name"]
        data = api.parts["secrets", name]["data"]
        mounted = {each["key"] for each in pod["spec"]["volumes"][2]["secret"]["items"]}
        for key in mounted:
            (folder / key).write_bytes(base64.b64decode(data[key]))
        home = folder / "w205"
        home.mkdir()
        told = json.loads((folder / "gate.json").read_text())
        self.agents: dict[str, subprocess.Popen[bytes]] = {}
        behind = {}
        for number, each in enumerate(told["agents"]):
            path = folder / f"{number}.sock"
            self.agents[each["service"]] = agent(path, home)
            one = Behind(each["service"], path, folder, each["configuration"] | {"nproc": None})
            one.make(b"", 10)
            behind[each["service"]] = one
        self.gate = Gate(pods.PORT, secured(str(folder)), behind)
        threading.Thread(target=self.gate.serve_for_ever, daemon=True).start()

    def stop(self) -> None:
        """All of it ends, as by a node that is told to."""
        with contextlib.suppress(OSError):  # Stopped already.
            self.gate.listener.shutdown(socket.SHUT_RDWR)
        self.gate.listener.close()
        for each in self.agents.values():
            each.kill()
            each.wait()


def agent(path: Path, home: Path) -> subprocess.Popen[bytes]:
    """A real agent, but that its home is a folder here, and that it is not the first process."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(64)
        source = str(Path(str(guest.__file__)).parents[1])
        return subprocess.Popen(
            [sys.executable, "-c", AGENT, source, str(home), "--fd", str(listener.fileno())],
            pass_fds=[listener.fileno()],
        )


class Node:
    """Runs what the API is given."""

    def __init__(self, api: KubernetesApi):
        self.api = api
        self.folder = Path(tempfile.mkdtemp(prefix="node-", dir="/tmp"))
        self.pods: dict[str, Running] = {}
        api.on_pod, api.on_delete = self.begin, self.end

    def begin(self, pod: dict[str, Any]) -> None:
        """Start all of a pod, and say so."""
        folder = self.folder / pod["metadata"]["uid"]
        folder.mkdir()
        self.pods[pod["metadata"]["uid"]] = Running(self.api, pod, folder)
        self.api.run(pod)

    def end(self, pod: dict[str, Any]) -> None:
        """End what there is of it."""
        if running := self.pods.pop(pod["metadata"]["uid"], None):
            running.stop()

    def stop(self) -> None:
        """End all, as by a power cut."""
        for uid in list(self.pods):
            self.pods.pop(uid).stop()
        subprocess.run(["rm", "-rf", os.fspath(self.folder)], check=True)
