"""Which kinds of steps there are. A kind is a class, named by its dotted path."""

import sys
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

from portal.engine.kinds.job import Kind

BUILT_IN = (
    "portal.engine.kinds.own.Prepare",
    "portal.engine.kinds.own.Up",
    "portal.engine.kinds.exec.Exec",
    "portal.engine.kinds.server.Server",
    "portal.engine.kinds.watch.Watch",
    "portal.engine.kinds.call.Call",
    "portal.engine.kinds.spark.Spark",
    "portal.engine.kinds.http.Http",
    "portal.engine.kinds.terminal.Terminal",
    "portal.engine.kinds.ask.Ask",
    "portal.engine.kinds.fault.Fault",
    "portal.engine.kinds.stop.Stop",
    "portal.engine.kinds.own.Down",
)
added: tuple[str, ...] = ()


def add(*paths: str) -> None:
    """Have these kinds too, from now on. Adding one again changes nothing."""
    global added
    added = tuple(dict.fromkeys((*added, *paths)))


def models() -> tuple[type[Kind], ...]:
    """The model of every kind. Raises ValueError for a path that leads to none."""
    return load((*BUILT_IN, *added))


def folders() -> list[Path]:
    """Where kinds that were added may have templates: in `templates` beside their modules."""
    try:
        modules = {sys.modules[model.__module__] for model in models()[len(BUILT_IN) :]}
    except ValueError:  # The check at boot tells of it; pages that don't need it go on.
        return []
    return [Path(str(each.__file__)).parent / "templates" for each in modules]


@cache
def load(paths: tuple[str, ...]) -> tuple[type[Kind], ...]:
    """The classes at these paths. Raises ValueError."""
    found = {path: class_at(path) for path in paths}
    names: dict[str, str] = {}
    for path, model in found.items():
        (name,) = names_of(model) or ("",)
        if not name:
            raise ValueError(f"{path} has to say which kind it is: kind: Literal['…']")
        if other := names.get(name):
            raise ValueError(f"{path} is a second kind called {name!r}, beside {other}")
        names[name] = path
    return tuple(found.values())


def class_at(path: str) -> type[Kind]:
    """The kind at a path. Raises ValueError."""
    try:
        model = resolve_name(path)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f"there is no kind of step at {path!r}: {error}") from error
    if not (isinstance(model, type) and issubclass(model, Kind)):
        raise ValueError(f"{path} is no kind of step: a kind is a subclass of {Kind.__name__}")
    return model


def names_of(model: type[Kind]) -> tuple[str, ...]:
    """What a lab calls it: the only word that its `kind` may be."""
    allowed = getattr(model.model_fields["kind"].annotation, "__args__", ())
    return tuple(map(str, allowed)) if len(allowed) == 1 else ()
