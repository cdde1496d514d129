"""Have pyspark make frames without importing packages that only their own data would need.

`createDataFrame`, and whatever hands a value to Java, asks whether it was given a frame of pandas
or an array, and for that imports what those are made by: half a second and 30 MB in each session.
Whoever has such data has imported its package, so where nobody has, there is none.
"""

import builtins
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

PACKAGES = frozenset({"pandas", "numpy", "pyarrow"})


def unload() -> None:
    """Have the pyspark of this process ask so."""
    from pyspark.sql import SparkSession, types

    SparkSession.createDataFrame = unladen(SparkSession.createDataFrame)  # type: ignore[method-assign]
    converters: tuple[Any, ...] = (types.NumpyScalarConverter, types.NumpyArrayConverter)
    for each in converters:
        each.can_convert = once_loaded("numpy", each.can_convert)


def once_loaded(package: str, plain: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """The same question of an object; the answer is no until somebody has imported the package."""

    def ask(converter: Any, value: Any) -> bool:
        return package in sys.modules and plain(converter, value)

    return ask


def unladen(plain: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, for whose own `import` these packages are there once they are loaded.

    What it calls imports as ever.
    """

    def find(name: str, *given: Any, **named: Any) -> Any:
        if name in PACKAGES and name not in sys.modules:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return builtins.__import__(name, *given, **named)

    if not isinstance(plain, FunctionType):
        return plain
    own = {**plain.__globals__, "__builtins__": {**vars(builtins), "__import__": find}}
    made = FunctionType(plain.__code__, own, plain.__name__, plain.__defaults__, plain.__closure__)
    made.__kwdefaults__, made.__doc__ = plain.__kwdefaults__, plain.__doc__
    made.__annotations__, made.__qualname__ = plain.__annotations__, plain.__qualname__
    made.__module__ = plain.__module__
    return made
