"""What following requests costs a student's server: the same calls with the switch on and off.

Flask's own server in the lab's sandbox: a route that answers, and one that sends to Kafka. A client
beside it makes calls in turn and times each, from its connecting to the end of the reply. The same
script is served beside it by a Python that was never told of the hooks.
"""

import json
import tempfile
import time
from pathlib import Path

from bench.clusters import driver, ours, week10
from bench.figures import Figure
from portal.engine import spans
from portal.engine.runtimes.sandbox import SandboxRuntime

ROUNDS = 6
CALLS = 300
APP = """\
from flask import Flask
from kafka import KafkaProducer
app = Flask(__name__)
producer = KafkaProducer(bootstrap_servers="kafka:29092")
@app.route("/answer")
def answer():
    return "ok"
@app.route("/send")
def send():
    producer.send("traced", b'{"event_type": "default"}')
    return "ok"
"""
CLIENT = """\
import json, socket, sys, time
port, path, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
ask = f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n".encode()
taken = []
for _ in range(count):
    began = time.perf_counter()
    with socket.create_connection(("localhost", port)) as link:
        link.sendall(ask)
        reply = b""
        while not reply.endswith(b"\\r\\n\\r\\nok"):
            piece = link.recv(65536)
            if not piece:
                raise SystemExit(f"it ended with {reply!r}")
            reply += piece
    taken.append(time.perf_counter() - began)
taken.sort()
print(json.dumps(taken[len(taken) // 2] * 1000))
"""
WATCHED, BARE = 5071, 5072


def measure() -> list[Figure]:
    """Medians of each round, for both routes: bare, off and on in turn."""
    figures = []
    with tempfile.TemporaryDirectory(prefix="sluice-") as folder:
        runtime, lab = driver(Path(folder)), week10()
        with ours(runtime, lab) as session:
            serve(runtime, session)
            for path in ("/answer", "/send"):
                figures += of_route(runtime, session, path)
    return figures


def serve(runtime: SandboxRuntime, session: str) -> None:
    """Start the server twice: as students do, and without the image's hooks."""
    runtime.put_file(session, "traced.py", APP.encode())
    app = ("env", "FLASK_APP=/w205/traced.py")
    runtime.start(session, "mids", "watched", (*app, "flask", "run", "--port", str(WATCHED)))
    bare = ("/opt/venv/bin/python", "-m", "flask", "run", "--port", str(BARE))
    runtime.start(session, "mids", "bare", (*app, *bare))
    for port in (WATCHED, BARE):
        wait_for(runtime, session, port)


def wait_for(runtime: SandboxRuntime, session: str, port: int) -> None:
    """Return once it answers."""
    deadline = time.monotonic() + 60
    argv = ("curl", "-sf", "-o", "/dev/null", f"http://localhost:{port}/send")
    while run(runtime, session, argv)[0]:
        if time.monotonic() > deadline:
            raise RuntimeError(f"nothing answers on port {port}")
        time.sleep(0.1)


def of_route(runtime: SandboxRuntime, session: str, path: str) -> list[Figure]:
    """One route, by the three ways in turn."""
    taken: dict[str, list[float]] = {"bare": [], "off": [], "on": []}
    for _ in range(ROUNDS):
        taken["bare"].append(median(runtime, session, BARE, path))
        spans.turn_off(runtime, session, "mids")
        taken["off"].append(median(runtime, session, WATCHED, path))
        # What it writes meanwhile is as much as the spool has room for in one round.
        run(runtime, session, ("sh", "-c", "mkdir -p /tmp/.trace && touch /tmp/.trace/on"))
        taken["on"].append(median(runtime, session, WATCHED, path))
        run(runtime, session, ("sh", "-c", "rm -f /tmp/.trace/*"))
    bare = f"{path}, without hooks"
    return [
        Figure(bare, "ms", tuple(taken["bare"])),
        Figure(f"{path}, tracing off", "ms", tuple(taken["off"]), beside=(bare,)),
        Figure(f"{path}, tracing on", "ms", tuple(taken["on"]), beside=(bare,)),
    ]


def median(runtime: SandboxRuntime, session: str, port: int, path: str) -> float:
    """Milliseconds of a call, of many."""
    status, said = run(runtime, session, ("python", "-c", CLIENT, str(port), path, str(CALLS)))
    if status:
        raise RuntimeError(f"the client ended: {said!r}")
    return float(json.loads(said))


def run(runtime: SandboxRuntime, session: str, argv: tuple[str, ...]) -> tuple[int | None, bytes]:
    """Run a command to its end; what it printed."""
    execution = runtime.exec(session, "mids", argv, timeout=120)
    said = b"".join(piece.data for piece in execution)
    return execution.exit_status, said
