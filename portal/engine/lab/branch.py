"""Steps that only some students see: those who answered an earlier question so."""

from typing import Any, Literal

from pydantic import Field, ValidationError, model_validator

from portal.engine.lab.fields import Frozen, Name, mistake

ANSWER = int | str


def weightless(given: dict[str, Any]) -> dict[str, Any]:
    """A step as it was written; one that may be left out weighs nothing. Raises ValidationError."""
    is_branch = given.get("when") is not None
    if not is_branch and given.get("optional") is not True:
        return given
    if given.get("weight", 0) != 0:
        which = "a step that only some see" if is_branch else "an optional step"
        wrong = mistake(("weight",), f"{which} weighs nothing: leave this out")
        raise ValidationError.from_exception_data("StepSpec", [wrong])
    return {**given, "optional": True, "weight": 0}


class When(Frozen):
    """By which answer to an earlier question a step is shown; once shown, it stays.

    Either `answer` says what was answered, or `was` how it was judged.
    """

    question: Name
    answer: ANSWER | tuple[ANSWER, ...] | None = Field(
        default=None, description="This answer, or one of these"
    )
    was: Literal["right", "wrong"] | None = None

    @model_validator(mode="after")
    def says_one(self) -> "When":
        """Exactly one of the two."""
        if (self.was is None) == (not self.answers):
            wrong = [mistake(("answer",), "give either the `answer`, or whether it `was` right")]
            raise ValidationError.from_exception_data("When", wrong)
        return self

    @property
    def answers(self) -> tuple[ANSWER, ...]:
        """The answers that it is shown by."""
        if self.answer is None:
            return ()
        return self.answer if isinstance(self.answer, tuple) else (self.answer,)

    def is_met(self, answer: object, is_right: bool | None) -> bool:
        """Whether an answer is such a one; `is_right` is None where nobody has judged it."""
        if self.was is not None:
            return is_right is (self.was == "right")
        return answer in self.answers
