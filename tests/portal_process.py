"""The whole portal as `make up` starts it, in a process of its own."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
READY_SECONDS = 180
LAZY = {"SLUICE_WARM_UP": "0"}
"""For portals whose tests seldom need pyspark: its start costs seconds of a core."""


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Portal:
    """A portal that runs: where it is, and its demo logins."""

    address: str
    var: Path
    process: "subprocess.Popen[str]"
    passwords: dict[str, str] = field(default_factory=dict)

    def logs(self) -> str:
        """What its processes have logged, for a test that failed."""
        parts = [f"== {log.name}\n{log.read_text()[-3000:]}" for log in self.var.glob("log/*.log")]
        return "\n".join(parts)

    def sandboxes(self) -> list[str]:
        """The sessions whose clusters are on this host."""
        folders = self.var.glob("run/sandboxes/[a-z0-9]*")
        return sorted(each.name for each in folders)

    def kill_cluster(self, session: str) -> None:
        """Kill a sandbox's first process, and so all of it."""
        note = json.loads((self.var / "run" / "sandboxes" / session / "sandbox.json").read_text())
        os.kill(note["pid"], signal.SIGKILL)


def environment(var: Path, port: int) -> dict[str, str]:
    """The environment of a portal of its own, as a person's shell would have it."""
    parts = os.environ["SLUICE_PARTS"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "SLUICE_VAR": str(var), "SLUICE_PARTS": parts, "SLUICE_PORT": str(port)}


def start(var: Path, port: int, **more: str) -> Portal:
    """`manage.py up`, until it has said where it is; `more` goes into its environment."""
    process = subprocess.Popen(
        # Tests that run in the background of a shell have control-C ignored, and so would this.
        ["env", "--default-signal=INT", sys.executable, "manage.py", "up"],
        cwd=ROOT,
        env={**environment(var, port), **more},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    portal = Portal(f"http://localhost:{port}", var, process)
    assert process.stdout is not None
    alarm = threading.Timer(READY_SECONDS, process.kill)
    alarm.start()
    said = []
    for line in process.stdout:
        said.append(line)
        if found := re.fullmatch(r"  (\w+) +(\S+)\n", line):
            portal.passwords[found[1]] = found[2]
        if line.startswith("Control-C here"):
            break
    alarm.cancel()
    assert process.poll() is None, "".join(said)
    return portal


def stop(portal: Portal) -> None:
    """Control-C."""
    portal.process.send_signal(signal.SIGINT)
    portal.process.wait(timeout=60)
