"""The path on which Spark's Python workers look for modules."""

import sys
from pathlib import Path

import pytest

from portal.engine.guest import kernel, shell
from portal.engine.guest.workers import discreet, forget_archives
from portal.engine.runtimes.docker.launch import OF_ITS_OWN


@pytest.fixture
def spark_home(tmp_path: Path) -> list[str]:
    """The archives that Spark puts first on a worker's path."""
    return [str(tmp_path / "pyspark.zip"), str(tmp_path / "py4j-0.10.9.9-src.zip")]


def test_sparks_archives_are_left_out_where_pyspark_is_installed(
    spark_home: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    others = [each for each in sys.path if not each.endswith(".zip")]
    monkeypatch.setattr(sys, "path", [*spark_home, "/a/student's.zip", *others])
    forget_archives()
    assert sys.path == ["/a/student's.zip", *others]


def test_they_stay_where_there_is_nothing_else(
    spark_home: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", [*spark_home, "/nowhere"])
    forget_archives()
    assert sys.path == [*spark_home, "/nowhere"]


def test_a_worker_whose_spark_hangs_up_keeps_quiet() -> None:
    def hung_up_on() -> int:
        raise BrokenPipeError

    assert discreet(hung_up_on)() == 1


def test_whatever_else_goes_wrong_is_told() -> None:
    def broken() -> int:
        raise ValueError("oops")

    with pytest.raises(ValueError, match="oops"):
        discreet(broken)()
    assert discreet(lambda code: code)(7) == 7


@pytest.mark.parametrize("own", [True, False])
def test_under_a_kernel_of_its_own_workers_are_reached_by_its_own_sockets(
    own: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Under gVisor those of the host's network were reset."""
    for name, value in OF_ITS_OWN.items():
        monkeypatch.setenv(name, value) if own else monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(kernel, "driver_memory", lambda: "1g")
    monkeypatch.setattr(shell, "connector_jars", list)
    found = shell.confs({})
    assert (found.get("spark.python.unix.domain.socket.enabled") == "true") is own


@pytest.mark.parametrize(
    ("memory", "is_much"),
    [("512m", False), ("1023m", False), ("1024M", True), ("1g", True), ("1gb", True), ("?", False)],
)
def test_only_a_large_spark_is_compiled_for_the_long_run(
    memory: str, is_much: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SPARK_DRIVER_MEMORY", memory)
    assert ("-XX:TieredStopAtLevel=1" in shell.java_options(None)) is not is_much
