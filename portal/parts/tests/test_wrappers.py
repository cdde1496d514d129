"""The wrappers turn the environment into settings as Confluent's images do."""

import os
import subprocess
from pathlib import Path

import pytest

from portal.parts import system
from portal.parts.places import IMAGES

WRAPPERS = sorted(
    path
    for path in IMAGES.glob("*/bin/*")
    if path.is_file() and not path.suffix and path.name != "spark-env"
)
ADDRESSES = {
    "KAFKA_ZOOKEEPER_CONNECT": "zookeeper:32181",
    "KAFKA_ADVERTISED_LISTENERS": "PLAINTEXT://kafka:29092,LOCAL://localhost:9092",
}


def settings(wrapper: str, written: str, environment: dict[str, str], tmp_path: Path) -> list[str]:
    """The lines that the wrapper wrote before it would have started Java."""
    java = tmp_path / "java"
    java.write_text(f'#!/bin/sh\ncat {written}\necho "java $*"\n')
    java.chmod(0o755)
    real = os.path.realpath("/usr/bin/java")
    done = subprocess.run(
        [
            *("bwrap", "--ro-bind", "/", "/", "--tmpfs", "/tmp", "--bind", str(java), real),
            # The checkout may itself lie under /tmp.
            *("--ro-bind", str(IMAGES), str(IMAGES)),
            str(IMAGES / wrapper),
        ],
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": "/tmp/data", **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("wrapper", WRAPPERS, ids=lambda path: str(path.relative_to(IMAGES)))
def test_it_can_be_run_and_leaves_nothing_behind(wrapper: Path) -> None:
    assert os.access(wrapper, os.X_OK)
    subprocess.run(["sh", "-n", str(wrapper)], check=True)
    lines = [line for line in wrapper.read_text().splitlines() if line[:1] not in ("", " ", "#")]
    assert lines[-1].startswith("exec ")


@pytest.mark.skipif(system.java_home() is None, reason="no Java here")
class TestKafkaServer:
    def test_each_variable_becomes_a_setting_that_wins(self, tmp_path: Path) -> None:
        environment = {
            **ADDRESSES,
            "KAFKA_BROKER_ID": "7",
            "KAFKA_NUM_PARTITIONS": "3",
            "KAFKA_INTER_BROKER__ODD___NAME": "x=y z",
            "KAFKA_HEAP_OPTS": "-Xmx99m",
        }
        lines = settings("kafka/bin/kafka-server", "/tmp/server.properties", environment, tmp_path)
        found = dict(line.split("=", 1) for line in lines[:-1])
        assert found["broker.id"] == "7"
        assert found["num.partitions"] == "3"
        assert found["inter.broker_odd-name"] == "x=y z"
        assert found["log.dirs"] == "/tmp/data/kafka"
        assert "heap.opts" not in found
        assert lines[-1].startswith("java -Xmx99m ")

    def test_it_listens_at_the_ports_that_it_advertises(self, tmp_path: Path) -> None:
        lines = settings("kafka/bin/kafka-server", "/tmp/server.properties", ADDRESSES, tmp_path)
        assert "listeners=PLAINTEXT://0.0.0.0:29092,LOCAL://0.0.0.0:9092" in lines
        assert "advertised.listeners=PLAINTEXT://kafka:29092,LOCAL://localhost:9092" in lines

    def test_it_says_which_variable_it_lacks(self) -> None:
        done = subprocess.run(
            [str(IMAGES / "kafka/bin/kafka-server")],
            env={"PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "KAFKA_ZOOKEEPER_CONNECT: is not set" in done.stderr


@pytest.mark.skipif(system.java_home() is None, reason="no Java here")
class TestZooKeeperServer:
    def test_its_variables_become_settings(self, tmp_path: Path) -> None:
        environment = {"ZOOKEEPER_CLIENT_PORT": "32181", "ZOOKEEPER_MAX_CLIENT_CNXNS": "9"}
        written = "/tmp/zookeeper.properties"
        lines = settings("zookeeper/bin/zookeeper-server", written, environment, tmp_path)
        assert {"clientPort=32181", "tickTime=2000", "maxClientCnxns=9"} <= set(lines)
        assert "admin.enableServer=false" in lines
