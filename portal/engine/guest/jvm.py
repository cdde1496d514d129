"""Whether Spark's JVM still lives, asked after a statement has failed.

A JVM that is being killed closes its sockets a moment before it is gone, and py4j tells that in
many ways: a network error, a bare "An error occurred while calling", a name that does not exist.
So what the error was decides nothing: unless Java itself answered, the JVM has to answer now.
"""

import socket
import subprocess
import time
from typing import Any

GOING_SECONDS = 10.0
"""How long a JVM that no longer answers may take to be gone."""
CUT_OFF_SECONDS = 1.0
"""How long it must have answered after an error that looks as if it didn't."""
POLL_SECONDS = 0.05


def exit_status(error: BaseException | None) -> int | None:
    """The JVM's exit status, negative for a signal's number; None while it runs."""
    from pyspark import SparkContext

    gateway: Any = SparkContext._gateway
    process: Any = getattr(gateway, "proc", None)
    if process is None:
        return None
    began = time.monotonic()
    while True:
        status: int | None = process.poll()
        if status is not None or has_answered(error):
            return status
        waited = time.monotonic() - began
        patience = CUT_OFF_SECONDS if looks_cut_off(error) else 0
        if answers(gateway.gateway_parameters):
            if waited >= patience:
                return None
        elif waited >= GOING_SECONDS:
            return None
        try:
            return int(process.wait(timeout=POLL_SECONDS))
        except subprocess.TimeoutExpired:
            continue


def has_answered(error: BaseException | None) -> bool:
    """Whether the error is Java's own word: it carries an exception of Java's, or its trace."""
    from py4j.protocol import Py4JError
    from pyspark.errors.exceptions.captured import CapturedException

    if isinstance(error, CapturedException) or getattr(error, "java_exception", None) is not None:
        return True
    return isinstance(error, Py4JError) and ". Trace:\n" in str(error)


def looks_cut_off(error: BaseException | None) -> bool:
    """Whether it may come of a connection that ended."""
    from py4j.protocol import Py4JError

    return isinstance(error, (Py4JError, OSError, EOFError))


def answers(parameters: Any) -> bool:
    """Whether somebody listens where the JVM does."""
    try:
        with socket.create_connection((parameters.address, parameters.port), timeout=1):
            return True
    except OSError:
        return False
