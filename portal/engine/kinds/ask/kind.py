"""Ask a student what will come, and let the cluster say whether that is so."""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator

from portal.engine import faults
from portal.engine.errors import (
    ClusterError,
    ClusterGone,
    CommandCancelled,
    OnlyTried,
    Part,
    StepFailed,
)
from portal.engine.kinds.ask import answers, branching, looking, ordering
from portal.engine.kinds.ask.answers import Answer
from portal.engine.kinds.ask.feedback import Feedback
from portal.engine.kinds.ask.key import KEYS, Key
from portal.engine.kinds.job import Evidence, Job, Kind, Outcome
from portal.engine.lab.branch import When
from portal.engine.lab.fields import Name, Place, mistake
from portal.engine.lab.shell import comments
from portal.engine.lab.step import Done, Lab, Rerun, StepSpec, Typed
from portal.images.problems import choice

AGAIN = "Look at what the cluster holds, think what made the difference, and answer again."
OF = {"number": ("records", "rows"), "columns": ("columns",), "choice": ("broken",)}
"""What the cluster can be asked, by what an answer is."""


class NotJudged(OnlyTried):
    """The answer is kept; whether it is right is not known."""

    part = Part.ANSWER
    advice = "The step is not done yet."


class Ask(Kind):
    """Ask for a number, one of some choices, the columns of a table, an order of lines, or a text.

    The answer is compared with what the cluster says then, or else with the author's key. While
    that can't be known it is kept, and is neither right nor wrong. Lines are run in the order that
    was chosen; a text is for the instructor to read.
    """

    kind: Literal["ask"]
    asks: Literal["number", "choice", "columns", "order", "text"]
    lines: tuple[Annotated[str, Field(min_length=1, max_length=1000)], ...] = Field(
        default=(), max_length=20, description="For `asks: order`, in an order that works"
    )
    setup: str = Field(default="", max_length=4000, description="Run before these lines")
    choices: tuple[Annotated[str, Field(min_length=1, max_length=200)], ...] = Field(
        default=(), max_length=12, description="For `asks: choice`"
    )
    of: Literal["records", "rows", "columns", "broken"] | None = Field(
        default=None, description="What of the cluster decides; without it, `key` does"
    )
    topic: str | None = Field(default=None, pattern=r"^[A-Za-z0-9._-]{1,249}$")
    table: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")
    service: Name = Field(default="spark", description="Where pyspark runs")
    key: Key = Field(default=None, description="The right answer, where nothing live decides")
    after: Name | None = Field(
        default=None, description="The step before which an answer is a prediction, only kept"
    )
    feedback: Feedback = Feedback()

    needs_somebody: ClassVar[bool] = True
    recalls: ClassVar[bool] = True
    is_keyboard: ClassVar[bool] = True
    is_question: ClassVar[bool] = True
    has_hints_at_home: ClassVar[bool] = False
    remembers: ClassVar[tuple[str, ...]] = ("answer",)
    label: ClassVar[str] = "A question"

    @model_validator(mode="after")
    def agrees(self) -> "Ask":
        """What decides fits what is asked for. Says all that is wrong."""
        wrong = [mistake((key,), said) for key, said in self.disagreements()]
        if wrong:
            raise ValidationError.from_exception_data("Ask", wrong)
        return self

    def disagreements(self) -> Iterator[tuple[str, str]]:
        """Each key that does not fit the others, and why."""
        if self.asks == "choice" and len(set(self.choices)) < max(2, len(self.choices)):
            yield "choices", "a choice has two answers or more, each another"
        if self.asks != "choice" and self.choices:
            yield "choices", "only a step that asks for a choice has these"
        if self.asks == "order" and len(set(self.lines)) < max(2, len(self.lines)):
            yield "lines", "an order is of two lines or more, each another"
        if self.asks != "order" and (self.lines or self.setup):
            yield "lines", "only a step that asks for an order has these"
        if self.asks in ("order", "text"):
            if self.of is not None or self.key is not None:
                yield "key" if self.of is None else "of", "nothing else decides here: leave it out"
        else:
            yield from self.undecided()
        if (self.of == "records") != (self.topic is not None):
            yield "topic", "`of: records` needs the topic, and nothing else does"
        needs_table = self.of in ("rows", "columns")
        if needs_table != (self.table is not None) and (needs_table or self.asks != "order"):
            yield "table", "`of: rows` and `of: columns` need the table, and nothing else does"

    def undecided(self) -> Iterator[tuple[str, str]]:
        """The same of what decides."""
        if self.of is not None and self.of not in OF[self.asks]:
            allowed = ", ".join(OF[self.asks]) or "nothing: give a key"
            yield "of", f"what decides on a {self.asks} may be {allowed}"
        if (self.of is None) == (self.key is None):
            yield "key" if self.key is not None else "of", "give either `of` or a `key`"
        elif self.key is not None and not self.is_answer(self.key):
            yield "key", KEYS[self.asks]

    def is_answer(self, key: Answer) -> bool:
        """Whether somebody could answer so."""
        match self.asks:
            case "number":
                return isinstance(key, int)
            case "choice":
                return key in self.choices
            case "columns":
                return isinstance(key, tuple) and bool(key)
            case _:
                return False

    def unbranched(self, when: When) -> tuple[str, str] | None:
        """What of `when` fits no answer to it."""
        return branching.mistake_in(when, self.asks, self.choices)

    def misnamed(self, lab: Lab) -> Iterator[tuple[str, str]]:
        """Choices of which none can ever be what is broken: services without a command idle."""
        known = list(faults.processes(lab))
        if self.of == "broken" and not set(self.choices) & set(known):
            yield "choices", f"none of these is a process that can be broken; {choice(known)}"

    @property
    def waits_for(self) -> str | None:
        """The step that makes what is asked for."""
        return self.after

    def uses(self, step: StepSpec) -> list[tuple[Place, str]]:
        """The service that pyspark runs in, where that is asked."""
        runs_lines = self.table or self.asks == "order"
        return [(("run", self.kind, "service"), self.service)] if runs_lines else []

    @property
    def shuffled(self) -> tuple[str, ...]:
        """The lines as they are shown."""
        return ordering.shuffled(self.lines)

    def said_in(self, params: Mapping[str, Any]) -> str:
        """What somebody answered, as others see it; empty for nobody."""
        given = params.get("answer")
        if given is None:
            return ""
        if self.asks == "order" and isinstance(given, list):
            shown = self.shuffled
            return "\n".join(shown[each] for each in given if each < len(shown))
        return answers.shown(tuple(given) if isinstance(given, list) else given)

    def params(self, chosen: Mapping[str, str]) -> dict[str, Any]:
        """The answer. Raises NoChoice for what is none."""
        text = chosen.get("answer", "")
        match self.asks:
            case "number":
                return {"answer": answers.number(text)}
            case "choice":
                return {"answer": answers.choice(text, self.choices)}
            case "columns":
                return {"answer": list(answers.columns(text))}
            case "order":
                return {"answer": ordering.chosen(text, len(self.lines))}
            case "text":
                return {"answer": answers.free(text)}

    def recalled(
        self, params: dict[str, Any], done: Collection[str], seen: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Whether it is a prediction still, and what was so when it was first answered."""
        if self.after is not None and self.after not in done:
            params = params | {"is_early": True}
        return params | ({"before": seen["found"]} if "found" in seen else {})

    def perform(self, job: Job) -> Outcome:
        """Compare the answer. Raises StepFailed for a wrong one, NotJudged where nobody knows."""
        given = job.params.get("answer")
        if given is None:
            raise StepFailed("This step has to be answered by somebody.", part=Part.ANSWER)
        if self.asks == "order":
            return self.run_lines(job, [self.shuffled[each] for each in given])
        if self.asks == "text":
            job.write("note", f"{given}\n\nKept for your instructor.\n".encode(errors="replace"))
            return Outcome()
        answer: Answer = tuple(given) if isinstance(given, list) else given
        said = answers.shown(answer)
        job.write("note", f"Your answer: {said}\n".encode())
        if self.key is not None:
            self.compare(job, answer, self.key, f"You said {said}.")
            return Outcome()
        is_early = bool(job.params.get("is_early"))
        found = self.ask(job, said, is_early=is_early)
        job.give(Evidence(found=found))
        if is_early:
            raise self.kept(job, said)
        words = self.told(answer, said, found)
        job.write("note", f"{words}\n".encode())
        self.compare(job, answer, found, words)
        return Outcome(evidence=Evidence(found=found))

    def run_lines(self, job: Job, lines: list[str]) -> Outcome:
        """Run the lines as they were put in order; the step's check looks at what came of them."""
        job.write("note", ordering.source(lines).encode())
        cell = ordering.TableCell(self.service, self.table, self.setup)
        outcome = ordering.run(job, lines, cell)
        if outcome.error is not None:
            raise job.failure(
                f"In this order the lines end with an error: {outcome.error}",
                "What does each line need, and which one makes it?",
                part=Part.ANSWER,
            )
        return Outcome(evidence=Evidence(extraction=outcome))

    def ask(self, job: Job, said: str, *, is_early: bool) -> int | tuple[str, ...]:
        """What the cluster says. Raises NotJudged."""
        try:
            if self.topic is not None:
                return looking.records(job, self.topic)
            if self.of == "broken":
                return looking.broken(job)
            if is_early:  # No table yet: pyspark is not kept from other work to find that out.
                raise self.kept(job, said)
            return looking.table(job, self.service, str(self.table), rows=self.of == "rows")
        except (ClusterGone, CommandCancelled, NotJudged):
            raise
        except (looking.Unknown, ClusterError) as error:
            if is_early:
                raise self.kept(job, said) from error
            raise NotJudged(
                f"Your answer, {said}, is kept, but whether it is right is not known: "
                f"{looking.why(error)}"
            ) from error

    def kept(self, job: Job, said: str) -> NotJudged:
        """A prediction."""
        title = job.lab.step(str(self.after)).title
        return NotJudged(
            f"Your answer, {said}, is kept. Once “{title}” is done, come back and compare it."
        )

    def told(self, answer: Answer, said: str, found: Answer) -> str:
        """What was said, and what is so. Of what is broken only the right answer tells that."""
        if self.of == "broken":
            works = isinstance(found, tuple) and answer not in found
            return f"You said {said}, which {'works' if works else 'does not'}."
        return f"You said {said}; {self.subject} has {self.counted(found)}."

    @property
    def subject(self) -> str:
        """Of what something is asked."""
        return f"the topic {self.topic}" if self.topic else f"the table {self.table}"

    def counted(self, found: Answer) -> str:
        """What it has."""
        if isinstance(found, tuple):
            return f"the columns {answers.shown(found)}"
        noun = str(self.of).removesuffix("s") if found == 1 else self.of
        return f"{found} {noun}"

    def compare(self, job: Job, answer: Answer, right: Answer, words: str) -> None:
        """Raise StepFailed for an answer that is not the right one."""
        if isinstance(right, tuple):
            if answer in right or (isinstance(answer, tuple) and set(answer) == set(right)):
                return
        elif answer == right:
            return
        said = self.feedback.of(answer, right, job.params.get("before"))
        raise job.failure(f"{words} {said}".strip(), AGAIN, part=Part.ANSWER)

    def typed(self, done: Done) -> Typed:
        """Nothing was typed in a shell."""
        return Typed((done.step.shows_command.strip(),))

    def at_home(self, lab: Lab, step: StepSpec) -> Iterator[str]:
        """The question."""
        yield f"Before you go on: {step.shows_command.strip()}"

    def script(self, rerun: Rerun) -> Iterator[str]:
        """The question is a comment."""
        yield from comments("\n".join(rerun.typed.commands))
