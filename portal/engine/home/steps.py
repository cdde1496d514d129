"""The steps of a lab as Markdown: what to read, and what to type in a shell at home."""

from collections.abc import Iterator

from portal.engine import confs
from portal.engine.guest.confs import QUICK
from portal.engine.http import request_bytes
from portal.engine.markdown import fenced, one_line
from portal.engine.spec import Call, Down, Http, LabSpec, Prepare, Server, Spark, StepSpec, Stop

HEAD = """\
Type these in the folder that `docker-compose.yml` is in. With a newer Docker, `docker compose` does
the same as `docker-compose`.

The text was written for the portal. Where it speaks of a tab, look at the window in which the
command runs; what it says that the portal does by itself, you type here.
"""
OWN = "What is left of this lab alone, you remove with:\n\n"
REMOVES_ALL = """\
The course's own command removes *every* container on your machine, those of other work too:

"""
STAYS = """\
It doesn't come back: leave it running, and open a second window in the same folder for what
follows. Control-C ends it.
"""
THEN_TYPE = "In the shell that this opens, type:\n\n"
THEN_SEND = """\
Type these lines, and press Enter once more after the last: an empty line ends the request.

"""
KEYS = "In the window that it runs in:\n\n"


def steps_page(lab: LabSpec) -> str:
    """All steps, in order."""
    return "\n".join(
        [
            f"# {one_line(lab.title)}: the steps\n",
            HEAD,
            *(section(lab, *each) for each in enumerate(lab.steps)),
        ]
    )


def section(lab: LabSpec, number: int, step: StepSpec) -> str:
    """One step: why, what to type, and what to do when it does not work."""
    return "\n".join(part.rstrip("\n") + "\n" for part in parts(lab, number, step) if part.strip())


def parts(lab: LabSpec, number: int, step: StepSpec) -> Iterator[str]:
    """The pieces of a step, with an empty line between them."""
    yield f"## {number}. {one_line(step.title)}"
    yield step.text
    yield from commands(lab, step)
    if step.check is not None and step.check.run is not None:
        yield "To see whether it worked:\n\n" + shell(step.check.run)
    # What the portal does by itself has hints about the portal.
    if step.hints and not isinstance(step.run, Prepare | Down):
        yield "If it doesn't work:\n\n" + "\n".join(bullet(each) for each in step.hints)


def commands(lab: LabSpec, step: StepSpec) -> Iterator[str]:
    """What is typed, by the step's kind."""
    match step.run:
        case Prepare():
            yield OWN + shell("docker-compose down --remove-orphans")
            yield REMOVES_ALL + shell(step.shows_command)
        case Call(buttons=buttons):
            yield shell("\n".join(each.command for each in buttons))
        case Server():
            yield shell(step.shows_command)
            yield STAYS
        case Spark(service=service, setup=setup):
            yield shell(confs.command(service, unusual(lab.service(service).spark_conf)))
            code = "\n".join(filter(None, (setup.rstrip("\n"), step.shows_command.rstrip("\n"))))
            yield THEN_TYPE + fenced(code, "python")
        case Http(request=request):
            yield shell(step.shows_command)
            lines = request_bytes(request).decode(errors="replace").replace("\r\n", "\n")
            yield THEN_SEND + fenced(lines.rstrip("\n"), "http")
        case Stop():
            yield KEYS + fenced(step.shows_command.rstrip("\n"), "text")
        case _:
            yield shell(step.shows_command)


def unusual(conf: dict[str, str]) -> dict[str, str]:
    """Spark's settings that differ from those that the image has by itself."""
    return {name: value for name, value in conf.items() if QUICK.get(name) != value}


def shell(text: str) -> str:
    """Lines for a shell, each ready to be copied."""
    return fenced(text.rstrip("\n"), "sh")


def bullet(text: str) -> str:
    """A line of a list; what has more lines stays inside it."""
    first, *rest = text.strip().splitlines() or [""]
    return "\n".join([f"- {first}", *(f"  {line}".rstrip() for line in rest)])
