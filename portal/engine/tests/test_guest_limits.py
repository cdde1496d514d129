"""What an agent reads of its own control group, of either version."""

import signal
from pathlib import Path

import pytest

from portal.engine.guest.agent import limits


@pytest.fixture
def unified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A group of version 2."""
    monkeypatch.setattr(limits, "FOLDERS", (tmp_path, tmp_path / "memory"))
    (tmp_path / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    (tmp_path / "memory.max").write_text("134217728\n")
    return tmp_path


@pytest.fixture
def divided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A group of version 1."""
    monkeypatch.setattr(limits, "FOLDERS", (tmp_path, tmp_path / "memory"))
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.oom_control").write_text("under_oom 0\noom_kill 5\n")
    (tmp_path / "memory" / "memory.limit_in_bytes").write_text("67108864\n")
    return tmp_path


def test_version_2_tells_of_kills_and_limit(unified: Path) -> None:
    assert (limits.kills(), limits.most()) == (2, 128 << 20)


def test_version_1_tells_them_elsewhere(divided: Path) -> None:
    assert (limits.kills(), limits.most()) == (5, 64 << 20)


@pytest.mark.parametrize("status", [-signal.SIGKILL, 128 + signal.SIGKILL])
def test_a_command_that_was_ended_for_memory_is_told_with_the_limit(
    unified: Path, status: int
) -> None:
    assert limits.told(1, status) == {"memory_limit": 128 << 20}


@pytest.mark.parametrize(("before", "status"), [(2, -signal.SIGKILL), (1, 0), (1, 1)])
def test_any_other_end_is_not_for_want_of_memory(unified: Path, before: int, status: int) -> None:
    assert limits.told(before, status) == {}


def test_without_a_group_that_can_be_read_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "FOLDERS", (tmp_path, tmp_path))
    assert (limits.kills(), limits.most()) == (0, 0)
