"""Week 10 done once on a sandbox, with the rows that the portal would keep."""

from portal.activities.models import Session
from portal.engine.kinds.job import Job
from portal.engine.kinds.perform import perform
from portal.engine.runtimes.base import ClusterSpec, Runtime, never
from portal.insights import script, transcript
from portal.insights.edits import Saved
from tests.insights.sessions import CURL, SWORD, done

GAME = "flask-with-kafka-and-spark/game_api_with_json_events.py"
CHOSEN = {
    "call": {"commands": [SWORD, CURL, SWORD]},
    "call-extended": {"commands": [CURL, SWORD]},
}


def do_all(session: Session, runtime: Runtime, files: dict[str, bytes]) -> None:
    """Every step of the lab on a cluster, with a row for each as the portal keeps them."""
    list(runtime.up(ClusterSpec("first", session.spec.services, session.spec.tools, files)))
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
