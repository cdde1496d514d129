"""Fields whose models are found when they are read, as a step's run is of one of many kinds."""

from functools import cache
from importlib import import_module
from typing import Annotated, Any, Union

from pydantic import Field, GetCoreSchemaHandler, TypeAdapter
from pydantic.annotated_handlers import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from portal.engine.lab.fields import Frozen

REGISTRY = "portal.engine.kinds.registry"
"""Where kinds are found: named and not imported, for they stand above what a lab says."""


def kinds() -> tuple[type[Frozen], ...]:
    """The model of every kind that there is."""
    found: tuple[type[Frozen], ...] = import_module(REGISTRY).models()
    return found


@cache
def reader(models: tuple[type[Frozen], ...]) -> TypeAdapter[Frozen]:
    """What makes a run of one of these kinds from data, as the `kind` in it says."""
    one_of: Any = Annotated[Union[models], Field(discriminator="kind")]  # noqa: UP007
    return TypeAdapter(one_of)


class OfAKind:
    """Has a field read as a run of whichever kind it names. Kinds may come after labs are read."""

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(
            lambda value: reader(kinds()).validate_python(value)
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(reader(kinds()).core_schema)
