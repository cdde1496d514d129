"""What runs beside the test is tried twice, and the first failure is told (`-p tests.second`).

A cluster, a browser, a Docker engine, other threads and processes on two busy cores meet pauses
that no test can foresee. A fault of the product's fails both times; what fails once is a race to be
mended, so the end of a run shows it whole. Tests of code alone have one try.
"""

from collections.abc import Generator, Iterator

import pytest

REAL = ("browser", "docker", "sandbox")
BESIDE = ("asyncio", "eventually", "signal", "subprocess", "threading", "until", "until_status")
"""A module that imports one of these waits for something that it does not run itself."""
LINES = 60
FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note what has failed, for whoever puts things in order after it."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


def has_failed(item: pytest.Item) -> bool:
    """Whether this try of a test has failed. Asked once, at its end: the next one begins anew."""
    failed = item.stash.get(FAILED, False)
    item.stash[FAILED] = False
    return failed


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Give tests of what runs beside them their second try; `tests.groups` has marked some."""
    for item in items:
        if runs_beside(item):
            item.add_marker(pytest.mark.flaky(reruns=1))
    return (yield)


def runs_beside(item: pytest.Item) -> bool:
    """Whether a test waits for a real part, a thread or a process."""
    module = item.getparent(pytest.Module)
    names = vars(module.obj).keys() if module else ()
    return any(map(item.get_closest_marker, REAL)) or any(name in names for name in BESIDE)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show why each first try failed."""
    for report in terminalreporter.getreports("rerun"):
        terminalreporter.section(f"failed once: {report.nodeid}", sep="_", yellow=True)
        terminalreporter.line("\n".join(report.longreprtext.splitlines()[-LINES:]))
