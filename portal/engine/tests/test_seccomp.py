"""The filter of system calls, run as the kernel would run it, on each kind of processor."""

import builtins
import errno
import socket
import struct
from typing import Any

import pyseccomp
import pytest

from portal.engine.errors import RuntimeUnavailable
from portal.engine.runtimes.agent import seccomp

ALLOWED = 0x7FFF0000
ARCHITECTURES = {"x86_64": pyseccomp.Arch.X86_64, "aarch64": pyseccomp.Arch.AARCH64}
X32_BIT = 0x40000000
I386, ARM = pyseccomp.Arch.X86, pyseccomp.Arch.ARM
SIGCHLD = 17
LOAD, RETURN, AND, JUMP, JUMPS = 0x20, 0x06, 0x54, 0x05, (0x15, 0x25, 0x35, 0x45)
BEYOND = 1 << 32
"""Above what the kernel reads of a family's number."""


class Filter:
    """The filter for one kind of processor."""

    def __init__(self, architecture: int):
        self.architecture = architecture
        self.rules = list(struct.iter_unpack("=HBBI", seccomp.program(architecture)))

    def number(self, name: str) -> int:
        """That of a system call there."""
        return int(pyseccomp.resolve_syscall(self.architecture, name))

    def says(self, call: str | int, *arguments: int, architecture: int | None = None) -> int:
        """What it answers: 0 for yes, else the error's number."""
        number = self.number(call) if isinstance(call, str) else call
        padded = (*arguments, *(0,) * (6 - len(arguments)))
        said = architecture or self.architecture
        verdict = self._run(struct.pack("=IIQ6Q", number, said, 0, *padded))
        return 0 if verdict == ALLOWED else verdict & 0xFFFF

    def _run(self, data: bytes) -> int:
        at = value = 0
        while True:
            code, if_true, if_false, operand = self.rules[at]
            at += 1
            if code == LOAD:
                value = struct.unpack_from("=I", data, operand)[0]
            elif code == AND:
                value &= operand
            elif code == JUMP:
                at += operand
            elif code in JUMPS:
                at += if_true if holds(code, value, operand) else if_false
            else:
                assert code == RETURN
                return int(operand)


def holds(code: int, value: int, operand: int) -> bool:
    """A jump's condition: equal, greater, at least, any bit."""
    conditions = (value == operand, value > operand, value >= operand, bool(value & operand))
    return conditions[JUMPS.index(code)]


@pytest.fixture(params=ARCHITECTURES)
def rules(request: pytest.FixtureRequest) -> Filter:
    return Filter(ARCHITECTURES[request.param])


def test_it_lets_ordinary_calls_pass(rules: Filter) -> None:
    special = {rules.number(name) for name in (*seccomp.REFUSED, "clone3", "socket", "socketpair")}
    for number in set(range(450)) - special:
        assert rules.says(number) == 0, number


@pytest.mark.parametrize("name", seccomp.REFUSED)
def test_it_refuses_what_it_names(rules: Filter, name: str) -> None:
    assert rules.number(name) >= 0 or name == "modify_ldt"  # Of x86 alone.
    if rules.number(name) >= 0:
        assert rules.says(name) == errno.EPERM


def test_it_refuses_user_namespaces_and_nothing_else_of_clone(rules: Filter) -> None:
    for name in ("clone", "unshare"):
        assert rules.says(name, seccomp.CLONE_NEWUSER | SIGCHLD) == errno.EPERM
        assert rules.says(name, BEYOND | seccomp.CLONE_NEWUSER) == errno.EPERM
        assert rules.says(name, 0x01200011) == 0
    assert rules.says("clone3") == errno.ENOSYS


def test_it_knows_no_calls_of_another_kind_of_program(rules: Filter) -> None:
    for other in {I386, ARM, *ARCHITECTURES.values()} - {rules.architecture}:
        assert rules.says(1, architecture=other) == errno.ENOSYS
        assert rules.says("socket", socket.AF_UNIX, architecture=other) == errno.ENOSYS


def test_it_knows_no_calls_of_programs_with_half_addresses() -> None:
    assert Filter(pyseccomp.Arch.X86_64).says(X32_BIT | 1) == errno.ENOSYS


@pytest.mark.parametrize("name", ["socket", "socketpair"])
def test_of_all_families_of_sockets_it_lets_four_pass(rules: Filter, name: str) -> None:
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC, socket.SOCK_SEQPACKET)
    for kind in kinds:
        passed = [each for each in range(300) if rules.says(name, each, kind, 0) == 0]
        assert passed == sorted(seccomp.FAMILIES)
        for family in (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6):
            assert rules.says(name, family, kind, socket.IPPROTO_UDP) == 0
    assert rules.says(name, socket.AF_VSOCK, socket.SOCK_STREAM) == errno.EAFNOSUPPORT


@pytest.mark.parametrize("family", [socket.AF_VSOCK, socket.AF_PACKET, socket.AF_ALG, 1, 3, 16])
def test_a_family_does_not_hide_behind_bits_that_the_kernel_does_not_read(
    rules: Filter, family: int
) -> None:
    for high in (BEYOND, 0xFFFFFFFF * BEYOND):
        assert rules.says("socket", high | family, socket.SOCK_STREAM) == errno.EAFNOSUPPORT
    assert rules.says("socket", 0xFFFFFFFF) == errno.EAFNOSUPPORT


def test_of_netlink_only_routes_can_be_asked_for(rules: Filter) -> None:
    answers = {rules.says("socket", 16, 3, protocol) for protocol in (*range(1, 40), BEYOND, 4)}
    assert answers == {errno.EPROTONOSUPPORT}
    assert rules.says("socket", socket.AF_NETLINK, socket.SOCK_RAW, seccomp.NETLINK_ROUTE) == 0


def test_a_host_without_its_library_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name == "pyseccomp":
            raise RuntimeError("Unable to find libseccomp")
        return real(name, *others)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(RuntimeUnavailable) as caught:
        seccomp.program()
    assert "libseccomp2" in caught.value.advice
