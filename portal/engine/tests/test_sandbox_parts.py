"""Parts of the sandbox driver that need no sandbox: control groups and scratch space."""

import os
from pathlib import Path

import pytest

from portal.engine import swap
from portal.engine.errors import RuntimeUnavailable
from portal.engine.lab.spec import LabSpec
from portal.engine.runtimes.agent.cgroup import PIECE, ControlGroup
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.sandbox import bubblewrap
from portal.engine.runtimes.sandbox.binds import binds
from portal.engine.runtimes.sandbox.place import Note, Place
from portal.engine.runtimes.sandbox.processes import started_at


def lab(**limits: int) -> LabSpec:
    return LabSpec.model_validate(
        {
            "name": "small",
            "title": "Small",
            "summary": "Small.",
            "tools": "mids",
            "services": [{"name": "mids", "image": "mids", "limits": limits}],
            "steps": [
                {"id": "up", "title": "Up", "shows_command": "up", "run": {"kind": "prepare"}}
            ],
        }
    )


def plan(**limits: int) -> Plan:
    return Plan(lab(**limits).services, {"mids": Image("mids", tag="mids")})


@pytest.fixture
def unified(tmp_path: Path) -> ControlGroup:
    """A group in a hierarchy of version 2, whose files the kernel would make."""
    (tmp_path / "cgroup.controllers").write_text("cpu memory pids")
    group = ControlGroup("s", tmp_path)
    group.folders[0].mkdir(parents=True)
    for name in ("memory.max", "pids.max", "cpu.max", "memory.swap.max"):
        (group.folders[0] / name).touch()
    return group


def test_a_group_of_version_2_gets_all_its_limits(unified: ControlGroup) -> None:
    assert unified.create(1 << 20, 10, 1.5)
    values = {path.name: path.read_text() for path in unified.folders[0].iterdir()}
    assert values == {
        "memory.max": str(1 << 20),
        "pids.max": "10",
        "cpu.max": "150000 100000",
        "memory.swap.max": "0",
    }


def test_kills_are_counted_in_version_2(unified: ControlGroup) -> None:
    (unified.folders[0] / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert unified.out_of_memory_kills() == 2


@pytest.fixture
def frozen(unified: ControlGroup) -> Path:
    """Its folder: it stands still, and uses 80 MB."""
    folder = unified.folders[0]
    said = {"cgroup.freeze": "1", "cgroup.events": "populated 1\nfrozen 1\n"}
    for name, text in {**said, "memory.reclaim": "", "memory.current": str(80 << 20)}.items():
        (folder / name).write_text(text)
    return folder


def test_memory_of_what_stands_still_goes_to_swap(
    unified: ControlGroup, frozen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "look", lambda: swap.Swap("zram"))
    assert unified.give_back() == 3 * PIECE
    assert (frozen / "memory.reclaim").read_text() == str(PIECE)
    assert (frozen / "memory.swap.max").read_text() == "max"
    unified.thaw()
    assert (frozen / "memory.swap.max").read_text() == "0"


def test_who_wakes_meanwhile_is_not_swapped_out(
    unified: ControlGroup, frozen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(swap, "look", lambda: swap.Swap("swap"))
    (frozen / "cgroup.events").write_text("populated 1\nfrozen 0\n")
    assert unified.give_back() == 0
    assert (frozen / "memory.swap.max").read_text() == "0"


@pytest.mark.parametrize("lacks", ["swap", "memory.reclaim"])
def test_without_swap_or_a_way_to_ask_memory_is_kept(
    unified: ControlGroup, frozen: Path, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    kind = "" if lacks == "swap" else "swap"
    monkeypatch.setattr(swap, "look", lambda: swap.Swap(kind))
    if lacks != "swap":
        (frozen / lacks).unlink()
    assert unified.give_back() == 0
    assert (frozen / "memory.swap.max").read_text() == ""


@pytest.mark.parametrize(
    ("lines", "reclaim", "found"),
    [
        (["/dev/zram0 partition 2048 1024 100"], True, swap.Swap("zram", 2 << 20, 1 << 20, True)),
        (["/swapfile file 1024 0 -2"], False, swap.Swap("swap", 1 << 20, 0, False)),
        ([], True, swap.Swap("", 0, 0, True)),
    ],
)
def test_what_swap_there_is_is_told(
    tmp_path: Path, lines: list[str], reclaim: bool, found: swap.Swap
) -> None:
    swaps, group = tmp_path / "swaps", tmp_path / "init.scope"
    swaps.write_text("\n".join(["Filename Type Size Used Priority", *lines]))
    group.mkdir()
    if reclaim:
        (group / "memory.reclaim").touch()
    assert swap.look(swaps, tmp_path) == found
    assert found.gives_back == (found.kind == "zram")


def test_a_system_that_does_not_tell_has_none(tmp_path: Path) -> None:
    assert swap.look(tmp_path / "none", tmp_path) == swap.Swap("")


def test_a_group_that_can_not_have_its_limits_is_none(tmp_path: Path) -> None:
    assert not ControlGroup("s", tmp_path / "none").create(1 << 20, 10, 1.0)


def test_full_scratch_folders_leave_a_quarter_of_the_memory() -> None:
    for memory_mb in (16, 128, 512, 4096):
        sizes = plan(memory_mb=memory_mb, disk_mb=4096).scratch()
        assert sum(sizes.values()) <= 3 * (memory_mb << 20) // 4
    assert plan(memory_mb=4096, disk_mb=256).scratch()["/data"] == 256 << 20


def test_a_control_group_takes_the_place_of_limits_by_process() -> None:
    with_group = plan(memory_mb=64).configuration(has_group=True)
    without = plan(memory_mb=64, processes=9).configuration(has_group=False)
    assert (with_group["nproc"], with_group["services"]["mids"]["data_limit"]) == (None, 0)
    assert (without["nproc"], without["services"]["mids"]["data_limit"]) == (9, 64 << 20)


def test_sessions_of_one_name_in_two_portals_have_groups_of_their_own(tmp_path: Path) -> None:
    groups = [Place(tmp_path / name, "s").group.folders for name in ("one", "two")]
    assert not set(groups[0]) & set(groups[1])


def test_no_two_sessions_have_a_user_in_common(tmp_path: Path) -> None:
    place = Place(tmp_path, "s")
    taken = set()
    for number in range(5):
        (tmp_path / str(number)).mkdir()
        uid = place.free_uid()
        note = f'{{"pid": 1, "started": 1, "uid": {uid}}}'
        (tmp_path / str(number) / "sandbox.json").write_text(note)
        taken.add(uid)
    assert len(taken) == 5


@pytest.mark.parametrize("version", [17, 21])
def test_the_settings_of_whatever_java_is_there_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    folder = tmp_path / f"java-{version}-openjdk"
    folder.mkdir()
    monkeypatch.setattr(bubblewrap, "ETC", tmp_path)
    assert str(folder) in bubblewrap.etc_binds()


@pytest.mark.parametrize(
    ("noted", "can_be"),
    [({}, False), ({"is_told": True}, True), ({"is_ready": True}, True)],
)
def test_only_a_sandbox_that_is_whole_is_adopted(noted: dict[str, bool], can_be: bool) -> None:
    """One that is ready is, though an older release has noted no more than that."""
    started = started_at(os.getpid())
    assert started is not None
    assert Note(os.getpid(), started, 1000, **noted).can_be_adopted is can_be
    assert not Note(os.getpid(), started + 1, 1000, **noted).can_be_adopted


def test_an_image_that_nobody_asked_for_says_which_command_fetches_it(tmp_path: Path) -> None:
    image = Image("mids", when_asked=True, binds={"/opt/libs": str(tmp_path / "none")})
    with pytest.raises(RuntimeUnavailable) as told:
        binds(Plan(lab().services, {"mids": image}), tmp_path)
    assert "make install IMAGES=mids" in told.value.advice
