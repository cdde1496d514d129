"""The right answer as an author writes it, where nothing live decides."""

from typing import Annotated, Any

from pydantic import ValidationError, ValidationInfo, ValidatorFunctionWrapHandler, WrapValidator

from portal.engine.kinds.ask.answers import Answer

KEYS = {
    "number": "must be a whole number, as 5",
    "choice": "must be one of the choices, as it stands there",
    "columns": "must be a list of names, as [one, two]",
}
"""What a key is, by what an answer is."""


def said_once(value: Any, validate: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
    """A key, or one mistake by what is asked for. Pydantic tells one for each thing it isn't."""
    try:
        return validate(value)
    except ValidationError:
        said = KEYS.get(info.data.get("asks", ""), "only numbers, choices and columns have a key")
        raise ValueError(said) from None


Key = Annotated[Answer | None, WrapValidator(said_once)]
