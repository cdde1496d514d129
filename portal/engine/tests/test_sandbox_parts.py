"""Parts of the sandbox driver that need no sandbox: control groups, scratch space, the filter."""

import struct
from pathlib import Path

import pytest

from portal.engine.runtimes.agent import seccomp
from portal.engine.runtimes.agent.cgroup import ControlGroup
from portal.engine.runtimes.agent.plan import Plan
from portal.engine.runtimes.base import Image
from portal.engine.runtimes.sandbox import bubblewrap
from portal.engine.runtimes.sandbox.place import Place
from portal.engine.spec import LabSpec

ALLOWED, REFUSED, UNKNOWN = 0x7FFF0000, 0x50001, 0x50026


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
    return Plan(lab(**limits), {"mids": Image("mids", docker="mids")})


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


# -- the filter, run as the kernel would


def verdict(machine: seccomp.Machine, number: int, *, audit: int = 0, argument: int = 0) -> int:
    """What the filter answers to a system call."""
    data = struct.pack("=IIQQ", number, audit or machine.audit, 0, argument)
    rules = list(seccomp.instructions(machine))
    at = value = 0
    while True:
        code, if_true, if_false, operand = rules[at]
        at += 1
        match code:
            case seccomp.LOAD:
                value = struct.unpack_from("=I", data, operand)[0]
            case seccomp.RETURN:
                return operand
            case seccomp.IF_EQUAL:
                at += if_true if value == operand else if_false
            case seccomp.IF_AT_LEAST:
                at += if_true if value >= operand else if_false
            case seccomp.IF_BITS:
                at += if_true if value & operand else if_false


@pytest.fixture(params=seccomp.MACHINES)
def machine(request: pytest.FixtureRequest) -> seccomp.Machine:
    return seccomp.MACHINES[request.param]


def test_the_filter_lets_ordinary_calls_pass(machine: seccomp.Machine) -> None:
    special = {*machine.refused, *seccomp.IO_URING, seccomp.CLONE3}
    for number in set(range(450)) - special:
        assert verdict(machine, number) == ALLOWED


def test_the_filter_refuses_what_it_names(machine: seccomp.Machine) -> None:
    for number in (*machine.refused, *seccomp.IO_URING):
        assert verdict(machine, number) == REFUSED


def test_the_filter_refuses_user_namespaces_and_nothing_else_of_clone(
    machine: seccomp.Machine,
) -> None:
    for number in (machine.clone, machine.unshare):
        assert verdict(machine, number, argument=seccomp.CLONE_NEWUSER | 17) == REFUSED
        assert verdict(machine, number, argument=0x01200011) == ALLOWED
    assert verdict(machine, seccomp.CLONE3) == UNKNOWN


def test_the_filter_knows_no_calls_of_another_kind_of_processor(machine: seccomp.Machine) -> None:
    assert verdict(machine, 1, audit=0x40000003) == UNKNOWN
    assert verdict(seccomp.MACHINES["x86_64"], seccomp.X32_BIT | 1) == UNKNOWN


@pytest.mark.parametrize("version", [17, 21])
def test_the_settings_of_whatever_java_is_there_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    folder = tmp_path / f"java-{version}-openjdk"
    folder.mkdir()
    monkeypatch.setattr(bubblewrap, "ETC", tmp_path)
    assert str(folder) in bubblewrap.etc_binds()
