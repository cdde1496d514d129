"""Which keys may stand where in a lab, read off the spec's own classes."""

from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from portal.engine.lab.families import kinds
from portal.engine.lab.spec import LabSpec
from portal.engine.lab.step import Run

Model = type[BaseModel]


def keys_of(model: Model) -> list[str]:
    """The keys of a model as an author writes them."""
    return [field.alias or name for name, field in model.model_fields.items()]


def keys_at(place: tuple[str | int, ...]) -> list[str]:
    """The keys that the mapping at a place may have; none for what isn't a model."""
    models: list[Model] = [LabSpec]
    for part in place:
        if isinstance(part, int):
            continue
        tagged = [each for each in models if kind_of(each) == part]
        models = tagged or [
            model for each in models if part in keys_of(each) for model in below(each, part)
        ]
    return keys_of(models[0]) if len(models) == 1 else []


def kind_of(model: Model) -> str | None:
    """The `kind` that chooses this model, if one does."""
    kind = model.model_fields.get("kind")
    return get_args(kind.annotation)[0] if kind else None


def below(model: Model, key: str) -> list[Model]:
    """The models that may stand under a key."""
    field = next(
        field for name, field in model.model_fields.items() if (field.alias or name) == key
    )
    return models_in(field.annotation)


def models_in(annotation: Any) -> list[Model]:
    """The models that an annotation names."""
    if annotation is Run:
        return list(kinds())
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in (Annotated, Union, UnionType, tuple):
        return [model for each in get_args(annotation) for model in models_in(each)]
    return []
