"""Let `@udf("boolean")` stand above `main()`, as it could until Spark 3.

Spark 4 parses a type that is given as text while it decorates, which takes a session; scripts of
the time before make theirs later, in `main()`. Here the text stays a text as long as there is no
session, and Spark parses it when the function is used. Nothing else of pyspark is changed.
"""

import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder


def be_patient(module):
    """Have a user-defined function parse its type once there is a session."""
    from pyspark import SparkContext

    function = module.UserDefinedFunction
    parsed = function.returnType.fget

    def return_type(self):
        if isinstance(self._returnType, str) and SparkContext._active_spark_context is None:
            return self._returnType
        return parsed(self)

    function.returnType = property(return_type, doc=function.returnType.__doc__)


class PatientLoader(Loader):
    """Loads as another does, then changes what was loaded."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def exec_module(self, module):
        self.loader.exec_module(module)
        # A pyspark of another make is left as it is.
        if hasattr(getattr(module, "UserDefinedFunction", None), "returnType"):
            be_patient(module)


class PatientFinder(MetaPathFinder):
    """Finds the one module."""

    def find_spec(self, name, path, target=None) -> ModuleSpec | None:
        if name != "pyspark.sql.udf":
            return None
        found = PathFinder.find_spec(name, path)
        if found is not None and found.loader is not None:
            found.loader = PatientLoader(found.loader)
        return found


sys.meta_path.insert(0, PatientFinder())
