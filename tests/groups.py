"""Which tests share a worker, when several run side by side (`-p tests.groups`).

Tests that share a cluster, a portal or a Docker engine run one after the other in one worker, so
that there is one of each; all others stay with their file. The longest groups come first, so that
no worker is left alone with one at the end.
"""

from collections.abc import Iterable, Iterator

import pytest

SHARED = ("docker", "kafka", "browser", "faults", "streams")
"""In the order of how long they take."""
PORTALS = ("browser", "streams", "faults")
"""Folders of tests that share a portal by folder."""
LONGEST_NAME = 100
REAL = {"docker_engine": "docker", "home_engine": "docker", "kafka_cluster": "sandbox"}
"""Fixtures that start something real, and the mark of what they start."""


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Mark what starts something real, group all, and put the longest groups first.

    As a wrapper: a worker reads the groups in a hook of its own, between the two.
    """
    for item in items:
        for mark in {REAL[name] for name in fixtures(item) if name in REAL}:
            item.add_marker(mark)
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    yield
    # At last, for fixtures of a wider scope move their tests together.
    items.sort(key=lambda item: rank(group_of(item), item))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long values by their argument: workers must agree on names, and a zip holds a time."""
    return argname if isinstance(val, bytes | str) and len(val) > LONGEST_NAME else None


def group_of(item: pytest.Item) -> str:
    """The name of what a test shares with others; its file for one that shares nothing."""
    folder = item.path.parent.name
    if item.get_closest_marker("docker"):
        return "docker"
    if folder in PORTALS:
        return folder
    if folder == "soak" and item.get_closest_marker("sandbox"):
        return "faults"
    if "kafka_cluster" in fixtures(item):
        return "kafka"
    return item.nodeid.partition("::")[0].replace("/", ".")


def rank(group: str, item: pytest.Item) -> int:
    """Where a group comes; what starts clusters comes before what needs none."""
    if group in SHARED:
        return SHARED.index(group)
    return len(SHARED) if item.get_closest_marker("sandbox") else len(SHARED) + 1


def fixtures(item: pytest.Item) -> Iterable[str]:
    """The names of all fixtures that a test is given, its fixtures' own too."""
    return item.fixturenames if isinstance(item, pytest.Function) else ()
