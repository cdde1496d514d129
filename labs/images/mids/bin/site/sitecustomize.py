"""Watch a student's server as it is started: which routes it has, and what becomes of requests.

A module of the table is watched once something imports it: a program that imports none of them
loads nothing of ours. What can't be watched is left as it is.
"""

import contextlib
import sys
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import PathFinder

WATCHED = {
    "flask.app": (("_sluice_routes", "watch_module"), ("_sluice_trace", "watch_flask")),
    "kafka.producer.kafka": (("_sluice_trace", "watch_producer"),),
    "werkzeug.serving": (("_sluice_trace", "watch_server"),),
}
"""By module: what is told of it once it is loaded."""


class WatchingLoader(Loader):
    """Loads as another does, then watches what was loaded."""

    def __init__(self, loader):
        self.loader = loader

    def create_module(self, spec):
        return self.loader.create_module(spec)

    def __getattr__(self, name):
        return getattr(self.loader, name)

    def exec_module(self, module):
        self.loader.exec_module(module)
        for name, function in WATCHED.get(module.__name__, ()):
            with contextlib.suppress(Exception):
                getattr(import_module(name), function)(module)


class WatchingFinder(MetaPathFinder):
    """Finds what is watched."""

    def find_spec(self, name, path, target=None):
        if name not in WATCHED:
            return None
        found = PathFinder.find_spec(name, path)
        if found is not None and found.loader is not None:
            found.loader = WatchingLoader(found.loader)
        return found


sys.meta_path.insert(0, WatchingFinder())
