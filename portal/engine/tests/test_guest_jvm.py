"""Whether Spark's JVM is found dead however py4j tells of it."""

import socket
import subprocess
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from py4j.protocol import Py4JError, Py4JNetworkError
from pyspark import SparkContext

from portal.engine.guest import jvm

CUT_OFF = [
    Py4JError("An error occurred while calling o22.sc"),
    Py4JError("org does not exist in the JVM"),
    Py4JNetworkError("Answer from Java side is empty"),
    ConnectionRefusedError(111, "Connection refused"),
    EOFError(),
    TypeError("'JavaPackage' object is not callable"),
    AttributeError("'NoneType' object has no attribute 'sc'"),
]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where the JVM would listen."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


@pytest.fixture
def process(
    listener: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> Iterator[subprocess.Popen[bytes]]:
    """A process that passes for the JVM."""
    address, port = listener.getsockname()
    with subprocess.Popen(["sleep", "60"]) as running:
        parameters = SimpleNamespace(address=address, port=port)
        gateway: Any = SimpleNamespace(proc=running, gateway_parameters=parameters)
        monkeypatch.setattr(SparkContext, "_gateway", gateway)
        yield running
        running.kill()


@pytest.mark.parametrize("error", CUT_OFF)
def test_one_that_is_going_is_waited_for_however_that_is_told(
    process: subprocess.Popen[bytes], listener: socket.socket, error: Exception
) -> None:
    listener.close()
    threading.Timer(0.3, process.kill).start()
    assert jvm.exit_status(error) == -9


def test_one_whose_sockets_close_late_is_waited_for(
    process: subprocess.Popen[bytes], listener: socket.socket
) -> None:
    threading.Timer(0.3, process.kill).start()
    assert jvm.exit_status(CUT_OFF[0]) == -9


@pytest.mark.parametrize("error", [None, NameError("x"), Py4JError("f. Trace:\nno such method")])
def test_one_that_answers_lives(process: subprocess.Popen[bytes], error: Exception | None) -> None:
    assert jvm.exit_status(error) is None


def test_where_there_is_none_there_is_no_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SparkContext, "_gateway", None)
    assert jvm.exit_status(CUT_OFF[0]) is None
