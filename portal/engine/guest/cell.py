"""Run a cell in the warm pyspark: `python -m guest.cell --timeout 60`, the cell as JSON on stdin.

`{"setup", "code", "table", "topic", "bootstrap", "limit"}`. It writes JSON lines: what the shell
would show (`prompt`, `stdout`, `stderr`, `result`, `error`), then the `table`, the `union` of the
records that Spark read, and `done`. Ended by SIGTERM or SIGINT it interrupts the kernel, which
survives.
`--interrupt` only does that, for a cell whose client was killed; `--stop` ends the kernel.
"""

import argparse
import json
import os
import signal
import sys
import time
from types import FrameType
from typing import Any

from . import kernel, turn
from .beside import TopicReader
from .conversation import Conversation, KernelGone, Stopped
from .lines import emit

SETTLE_SECONDS = 5.0
"""How long an interrupted kernel may take to listen again before it is killed."""
UNION_SECONDS = 20.0
"""How long a topic's records may take to be read: a million need about half of it."""
HASTE_SECONDS = 1.5
"""The same where whoever interrupts won't wait longer; nothing is killed then."""


def run(request: dict[str, Any], cell: Conversation) -> None:
    """Run a cell and fetch what is asked for afterwards."""
    waited = turn.wait(cell.deadline, cell.check_wanted)
    if waited is None:
        raise Stopped("busy")
    cell.deadline += waited
    table, limit = request.get("table"), int(request["limit"])
    reader = TopicReader(request.get("bootstrap", ""), limit)
    if is_looked_at := bool(table or request.get("topic")):
        reader.start()
    cell.connect()
    cell.call("begin")
    for name, source in (("<setup>", request.get("setup", "")), ("<stdin>", request["code"])):
        if not cell.has_failed:
            cell.text(source, name)
    if is_looked_at and not cell.is_spent:
        cell.call("reads", request["code"], table or "", not cell.has_failed)
    is_read = any(cell.reads.values())
    if is_read:
        reader.begin(cell.reads, max(1.0, min(UNION_SECONDS, cell.deadline - time.monotonic())))
    if table and not cell.has_failed:
        cell.call("table", table, limit, request["code"])
    if not cell.is_spent:
        cell.call("end")
    if cell.is_spent:
        stop_kernel(cell)
    if is_read:
        columns = [each["name"] for each in cell.table["columns"]] if cell.table else None
        # The code has ended in time: its records are told all the same.
        cell.deadline += UNION_SECONDS
        emit("union", **reader.report(columns, cell.check_wanted))


def main(argv: list[str] | None = None) -> int:
    """Return 0 when every statement ran, 1 when one failed, 2 when the cell was ended."""
    parser = argparse.ArgumentParser(prog="guest.cell", description=__doc__)
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds")
    parser.add_argument("--interrupt", action="store_true")
    parser.add_argument("--stop", action="store_true")
    options = parser.parse_args(argv)
    began = time.monotonic()
    cell = Conversation(began + options.timeout)

    def stop(number: int, frame: FrameType | None) -> None:
        cell.stop_reason = "interrupted"

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    try:
        if options.stop:
            stop_kernel(cell)
        elif options.interrupt:
            interrupt_kernel(cell)
        else:
            run(json.load(sys.stdin), cell)
        status = int(cell.has_failed)
    except Stopped as stopped:
        status = 2
        end_cell(cell, str(stopped))
    except KernelGone:
        status = 2
        # One that has died while it started has never been ready.
        emit("kernel-gone", started=kernel.is_ready())
    seconds = round(time.monotonic() - began, 3)
    emit("done", ok=status == 0, seconds=seconds, dropped=cell.dropped)
    return status


def end_cell(cell: Conversation, why: str) -> None:
    """Leave a kernel that the next cell can use, or none."""
    survived = True
    if cell.client.channels_running:
        survived = cell.end_kernel_work(SETTLE_SECONDS if why == "timeout" else HASTE_SECONDS)
        if not survived and why == "timeout":
            kernel.kill()
    emit("stopped", why=why, survived=survived)


def interrupt_kernel(cell: Conversation) -> None:
    """End what an earlier cell left running; kill a kernel that won't heed. None is success."""
    # A cell that has its turn ends by itself what it finds running.
    if not (kernel.is_ready() and kernel.is_alive() and turn.take()):
        return
    kernel.interrupt()
    try:
        cell.connect()
    except Stopped:
        kernel.kill()


def stop_kernel(cell: Conversation) -> None:
    """End the kernel, and with it the JVM."""
    kernel.terminate()
    while kernel.is_alive():
        if time.monotonic() >= cell.deadline:
            kernel.kill()
        time.sleep(0.02)


if __name__ == "__main__":
    # All is said, and past any buffer: to close its sockets one by one is a wait for nothing.
    os._exit(main())
