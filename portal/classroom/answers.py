"""The spread of a class's answers: each question of a lab, and how many said what."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import F

from portal.activities.models import StepRun
from portal.activities.status import StepStatus
from portal.engine.lab.step import StepSpec

SHOWN = 12
"""Different answers of a question; the rest is counted together."""
PLOT_WIDTH = 100.0
LONGEST = 600
TOLD = 80
"""Letters of an answer that are told of its bar; the row has all."""


@dataclass(frozen=True, slots=True)
class Said:
    """One answer: how many gave it last, and whether it was right (None: nobody has judged it)."""

    text: str
    count: int
    answered: int
    is_right: bool | None
    bar: float

    @property
    def words(self) -> str:
        """The same in words."""
        verdict = {True: "right", False: "wrong", None: "not judged yet"}[self.is_right]
        students = "student" if self.answered == 1 else "students"
        text = self.text if len(self.text) <= TOLD else f"{self.text[:TOLD]}…"
        return f"{self.count} of {self.answered} {students} answered “{text}”: {verdict}."


@dataclass(frozen=True, slots=True)
class Question:
    """One question, with what was answered last by each; the commonest first."""

    step: StepSpec
    answered: int
    right: int
    said: list[Said]
    others: int


def spread(steps: Sequence[StepSpec], sessions: Collection[str]) -> list[Question]:
    """The questions that somebody has answered in these sessions, on the clusters they have."""
    runs = StepRun.objects.filter(
        session__in=sessions, generation=F("session__generation"), params__has_key="answer"
    )
    newest: dict[tuple[str, str], tuple[str, object]] = {}
    for pk, step_id, status, params in runs.order_by("pk").values_list(
        "session", "step_id", "status", "params"
    ):
        newest[step_id, pk] = status, params
    found = []
    for step in steps:
        given = [
            (step.run.said_in(params)[:LONGEST], judged(StepStatus(status)))
            for (step_id, _), (status, params) in newest.items()
            if step_id == step.id and isinstance(params, dict)
        ]
        if counted := Counter(each for each in given if each[0]):
            found.append(question(step, counted))
    return found


def judged(status: StepStatus) -> bool | None:
    """Whether an answer was right; None while it is only kept."""
    if status.is_good:
        return True
    return False if status is StepStatus.FAILED else None


def question(step: StepSpec, counted: Counter[tuple[str, bool | None]]) -> Question:
    """One question's answers."""
    common = counted.most_common(SHOWN)
    most = common[0][1]
    return Question(
        step=step,
        answered=counted.total(),
        right=sum(count for (_, is_right), count in counted.items() if is_right),
        said=[
            Said(text, count, counted.total(), is_right, PLOT_WIDTH * count / most)
            for (text, is_right), count in common
        ],
        others=counted.total() - sum(count for _, count in common),
    )
