"""The relay's own process: its looks are what its sign of life tells of."""

import os
import signal
from collections.abc import Iterator

import pytest
from django.core.management import call_command

from portal.heart import Heart
from portal.runner.management.commands import relay as command


class Stopping:
    """A relay that has seen enough after one look, and tells what its heart says meanwhile."""

    seen: list[bool]
    heart: Heart

    def __init__(self, host: str):
        self.readers: dict[str, object] = {}

    def keep_readers(self) -> None:
        """Look whether it would be taken to hang."""
        self.seen.append(self.heart.makes_progress())
        os.kill(os.getpid(), signal.SIGTERM)

    def start(self) -> None:
        """Nothing, as a reporter too."""

    def stop(self) -> None:
        """Nothing."""


@pytest.fixture(autouse=True)
def signals() -> Iterator[None]:
    """What the command takes over is given back."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize(("limit", "is_well"), [(0.0, False), (60.0, True)])
def test_a_look_that_hangs_stops_the_heart(
    monkeypatch: pytest.MonkeyPatch, limit: float, is_well: bool
) -> None:
    heart = Heart()
    seen: list[bool] = []
    made = type("Looks", (Stopping,), {"seen": seen, "heart": heart})
    monkeypatch.setattr(command, "heart", heart)
    monkeypatch.setattr(command, "Relay", made)
    monkeypatch.setattr(command, "Reporter", made)
    monkeypatch.setattr(command, "tell", lambda signal: None)
    monkeypatch.setattr(command, "LOOK_LIMIT_SECONDS", limit)
    monkeypatch.setattr("portal.runner.reconciler.reconcile", lambda *host: None)
    call_command("relay")
    assert seen == [is_well]
    assert heart.makes_progress(), "between looks nothing is overdue"
