"""Week 10 done once on a sandbox, with the rows that the portal would keep; and a home for it."""

import json
from pathlib import Path

from portal.activities.models import Session
from portal.activities.runtimes import operator_images
from portal.engine.runtimes.base import ClusterSpec, Runtime, never
from portal.engine.spec import LabSpec
from portal.engine.steps import Job, perform
from portal.insights import script, transcript
from portal.insights.edits import Saved
from tests.insights.sessions import CURL, SWORD, done

GAME = "flask-with-kafka-and-spark/game_api_with_json_events.py"
CHOSEN = {
    "call": {"commands": [SWORD, CURL, SWORD]},
    "call-extended": {"commands": [CURL, SWORD]},
}
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def do_all(session: Session, runtime: Runtime, files: dict[str, bytes]) -> None:
    """Every step of the lab on a cluster, with a row for each as the portal keeps them."""
    list(runtime.up(ClusterSpec("first", session.spec, files)))
    last = {}
    for step in session.spec.steps:
        said: list[bytes] = []
        params = CHOSEN.get(step.id, {})
        if step.run.kind in ("exec", "server", "call", "spark", "http", "stop"):
            job = Job(
                runtime=runtime,
                session="first",
                lab=session.spec,
                step=step,
                params=params,
                write=lambda _, data, said=said: said.append(data),  # type: ignore[misc]
                cancelled=never,
            )
            perform(job)
        output = b"".join(said).decode(errors="replace")
        last[step.id] = done(session, step.id, params=params, output=output)
        # The second server ended the first, and was ended by the step that stops servers.
        for server, end in (("serve", "serve-extended"), ("serve-extended", "stop")):
            if step.id == end:
                last[server].finished_at = last[end].started_at
                last[server].save()
    runtime.down("first")


def do_with_edited_game(session: Session, runtime: Runtime) -> str:
    """Do all of it with an API that says something of its own; the script that does it again."""
    edited = session.version.file_contents()[GAME].decode().replace("purchase_sword", "edited")
    do_all(session, runtime, {**session.version.file_contents(), GAME: edited.encode()})
    saved = [Saved(session.created_at, GAME, edited)]
    return "".join(script.script(session, transcript.entries(session), saved))


def table(text: str) -> list[str]:
    """The lines of the tables that Spark drew."""
    return [line for line in text.splitlines() if line.startswith(("|", "+-"))]


def move_in(home: Path, lab: LabSpec, files: dict[str, bytes]) -> None:
    """Lay out the lab as at home: its docker-compose.yml, and its files for `/w205`."""
    images = operator_images()
    for path, content in files.items():
        place = home / "w205" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    for place in (home / "w205", *(home / "w205").rglob("*")):
        place.chmod(0o777 if place.is_dir() else 0o666)
    services = {
        each.name: {
            "image": images[each.image].docker,
            "command": list(each.command) or ["sleep", "infinity"],
            "environment": {
                **each.environment,
                "PATH": ":".join([*images[each.image].path, SYSTEM_PATH]),
            },
            "volumes": ["./w205:/w205"],
            "tmpfs": ["/data:mode=1777", "/tmp:mode=1777,exec"],
            "stop_grace_period": "1s",
        }
        for each in lab.services
    }
    network = {
        "internal": True,
        "driver_opts": {"com.docker.network.bridge.inhibit_ipv4": "true"},
    }
    # JSON is YAML.
    text = json.dumps({"version": "3.8", "services": services, "networks": {"default": network}})
    (home / "docker-compose.yml").write_text(text)
