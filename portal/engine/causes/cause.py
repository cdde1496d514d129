"""A cause: why something did not go as its student meant, with a name, a sentence, a next step."""

from dataclasses import dataclass, replace

from portal.engine.errors import NOTHING_KNOWN, Details, Part, StepFailed


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for which something goes wrong, or goes otherwise than it seems.

    `says` and `advice` are templates. `{where}` is the line of the student's code, if it is known.
    """

    name: str
    part: Part
    says: str
    advice: str

    def words(self, details: Details = NOTHING_KNOWN, **given: object) -> str:
        """The sentence."""
        where = f" (line {details.line} of your code)" if details.line else ""
        return self.says.format(where=where, **given)

    def error(self, details: Details = NOTHING_KNOWN, **given: object) -> StepFailed:
        """The error to raise or to show for it."""
        return StepFailed(
            self.words(details, **given),
            advice=self.advice.format(**given),
            part=self.part,
            details=replace(details, cause=self.name),
        )
