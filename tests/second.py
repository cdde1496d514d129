"""What starts real parts is tried twice, and the first failure is told (`-p tests.second`).

A cluster, a browser and a Docker engine on two busy cores meet pauses that no test can foresee.
A fault of the product's fails both times; what fails once is a race to be mended, so the end of a
run shows it whole. Tests of code alone have one try.
"""

from collections.abc import Iterator

import pytest

REAL = ("browser", "docker", "sandbox")
LINES = 60


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Give tests of real parts their second try; `tests.groups` has marked some of them."""
    for item in items:
        if any(item.get_closest_marker(name) for name in REAL):
            item.add_marker(pytest.mark.flaky(reruns=1))
    return (yield)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why each first try failed."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"failed once: {report.nodeid}", sep="_", yellow=True)
        terminalreporter.line("\n".join(report.longreprtext.splitlines()[-LINES:]))
