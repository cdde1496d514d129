"""The steps of a lab as Markdown: what to read, and what to type in a shell at home."""

from collections.abc import Iterator

from portal.engine.lab.branch import When
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import StepSpec
from portal.engine.markdown import one_line, shell

HEAD = """\
Type these in the folder that `docker-compose.yml` is in. With a newer Docker, `docker compose` does
the same as `docker-compose`.

The text was written for the portal. Where it speaks of a tab, look at the window in which the
command runs; what it says that the portal does by itself, you type here.
"""


def steps_page(lab: LabSpec) -> str:
    """All steps, in order."""
    return "\n".join(
        [
            f"# {one_line(lab.title)}: the steps\n",
            HEAD,
            *(section(lab, *each) for each in enumerate(lab.steps, 1)),
        ]
    )


def section(lab: LabSpec, number: int, step: StepSpec) -> str:
    """One step: why, what to type, and what to do when it does not work."""
    return "\n".join(part.rstrip("\n") + "\n" for part in parts(lab, number, step) if part.strip())


def parts(lab: LabSpec, number: int, step: StepSpec) -> Iterator[str]:
    """The pieces of a step, with an empty line between them."""
    yield f"## {number}. {one_line(step.title)}"
    if step.when is not None:
        yield f"*{one_line(branch(lab, step.when))}*"
    yield step.text
    yield from step.run.at_home(lab, step)
    if step.check is not None and step.check.run is not None:
        yield "To see whether it worked:\n\n" + shell(step.check.run)
    # What the portal does by itself has hints about the portal.
    if step.hints and step.run.has_hints_at_home:
        yield "If it doesn't work:\n\n" + "\n".join(bullet(each) for each in step.hints)


def branch(lab: LabSpec, when: When) -> str:
    """For whom a step is that not everybody sees."""
    answered = " or ".join(map(str, when.answers)) or f"what was {when.was}"
    return f"Only if you answered {answered}: {lab.step(when.question).title}."


def bullet(text: str) -> str:
    """A line of a list; what has more lines stays inside it."""
    first, *rest = text.strip().splitlines() or [""]
    return "\n".join([f"- {first}", *(f"  {line}".rstrip() for line in rest)])
