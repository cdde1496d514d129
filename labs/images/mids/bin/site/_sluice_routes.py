"""Say which routes a Flask app has, in a file that the portal reads: nothing is guessed.

The file has the number of the process in its name and goes with it. Nothing of Flask is changed
but that a route which is added is also written down; no request and no reply is touched.
"""

import contextlib
import json
import os

FOLDER = "/tmp/.routes"  # noqa: S108 - the cluster's own
MOST = 200


def routes_of(app):
    """Every route that the app has so far, but for its own static files."""
    rules = [each for each in app.url_map.iter_rules() if each.endpoint != "static"]
    return [
        {"rule": each.rule[:300], "methods": sorted(each.methods or ())[:20]}
        for each in rules[:MOST]
    ]


def write_down(app):
    """Write the routes, all or nothing; a full disk is no reason for a server to end."""
    with contextlib.suppress(OSError):
        os.makedirs(FOLDER, exist_ok=True)
        path = os.path.join(FOLDER, f"{os.getpid()}.json")
        with open(f"{path}.part", "w") as file:
            json.dump(routes_of(app), file)
        os.replace(f"{path}.part", path)


def watch(flask):
    """Have routes be written down as they are added: decorators, blueprints and views do so."""
    add = flask.add_url_rule

    def add_url_rule(self, *args, **options):
        added = add(self, *args, **options)
        with contextlib.suppress(Exception):
            write_down(self)
        return added

    add_url_rule.__doc__, add_url_rule.__name__ = add.__doc__, add.__name__
    flask.add_url_rule = add_url_rule


def watch_module(module):
    """A Flask of another make is left as it is."""
    if hasattr(getattr(module, "Flask", None), "add_url_rule"):
        watch(module.Flask)
