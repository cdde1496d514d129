"""A conversation with the kernel: its statements go in one by one, what it publishes comes out."""

import json
import time
from queue import Empty
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient

from . import kernel
from .driver import MIME
from .lines import emit
from .statements import echo, split
from .trouble import JAVA_FRAME, describe

OUTPUT_LIMIT = 2**20
JVM_LOOK_SECONDS = 0.5
JVM_GONE_SECONDS = 8.0
"""How long lines that work with a Spark that is gone may take to say so themselves."""
STARTED_SECONDS = 5.0
"""How long a kernel that nobody has started yet is waited for."""


class Stopped(Exception):
    """The cell must end now; `str` is why: `timeout`, `interrupted`, or `busy`."""


class KernelGone(Exception):
    """There is no kernel, or none any more."""


class Conversation:
    """What a cell says to the kernel and hears of it, until its deadline."""

    def __init__(self, deadline: float):
        self.deadline = deadline
        self.client = BlockingKernelClient()
        self.left = OUTPUT_LIMIT
        self.dropped = 0
        self.stop_reason = ""
        self.has_failed = False
        self.is_spent = False
        self.table: dict[str, Any] | None = None
        self.reads: dict[str, list[Any]] = {}
        """What the code read of Kafka, as `guest.sources` tells it."""
        self.look_at_jvm = 0.0
        self.jvm_gone_at: float | None = None

    def check(self) -> None:
        """Raise if the cell has to end, or can't go on."""
        self.check_wanted()
        if not kernel.is_alive():
            raise KernelGone
        self.check_jvm()

    def check_jvm(self) -> None:
        """Raise for a Spark that has ended while Python does something else, and sees nothing.

        Not at once: lines that work with Spark fail by themselves, and say more of it.
        """
        now = time.monotonic()
        if now < self.look_at_jvm:
            return
        self.look_at_jvm = now + JVM_LOOK_SECONDS
        if kernel.has_jvm():
            self.jvm_gone_at = None
        elif self.jvm_gone_at is None:
            self.jvm_gone_at = now
        elif now - self.jvm_gone_at > JVM_GONE_SECONDS:
            emit("stderr", text="Spark's JVM has ended while your code did something else.\n")
            raise KernelGone

    def check_wanted(self) -> None:
        """Raise if the cell has to end."""
        if self.stop_reason:
            raise Stopped(self.stop_reason)
        if time.monotonic() >= self.deadline:
            raise Stopped("timeout")

    def connect(self) -> None:
        """Wait until pyspark has started, then until it listens."""
        began, next_word = time.monotonic(), 0.0
        while not (kernel.is_ready() and kernel.is_alive()):
            waited = time.monotonic() - began
            # One that has just been started again still shows as the dead one before it.
            if not kernel.is_alive() and waited >= STARTED_SECONDS:
                raise KernelGone
            self.check_wanted()
            if waited >= next_word:
                next_word = waited + 1
                emit("waiting", text="pyspark is starting", seconds=round(waited, 1))
            time.sleep(0.05)
        self.client.load_connection_file(str(kernel.connection_file()))
        self.client.start_channels(stdin=False, hb=False, control=False)
        self.listen()

    def listen(self) -> None:
        """Wait until the kernel answers; a cell that nobody waits for any more is interrupted."""
        asked = self.client.kernel_info()
        began, interrupted = time.monotonic(), False
        while True:
            self.check()
            try:
                reply = self.client.get_shell_msg(timeout=0.2)
            except Empty:
                if not interrupted and time.monotonic() - began > 1:
                    interrupted = True
                    emit("waiting", text="an earlier cell is being ended", seconds=1)
                    kernel.interrupt()
                continue
            if reply["parent_header"].get("msg_id") == asked:
                break
        # iopub subscribes in its own time: what is published before it listens is lost.
        while not self.execute("pass", seconds=0.2):
            self.check()

    def text(self, source: str, name: str) -> None:
        """Run the statements of a text one by one, until one fails."""
        try:
            statements = split(source, name)
        except (SyntaxError, ValueError, RecursionError) as error:
            self.pass_on({"type": "prompt", "text": echo(source)})
            self.pass_on(describe(error, name))
            return
        for statement in statements:
            if self.has_failed:
                return
            self.pass_on({"type": "prompt", "text": statement.echo})
            self.call("run", source, name, statement.index)

    def call(self, function: str, *arguments: object) -> None:
        """Call a function of `guest.driver` in the kernel."""
        given = json.dumps(arguments)
        self.execute(
            f"__import__('guest.driver').driver.{function}(*__import__('json').loads({given!r}))"
        )

    def execute(self, code: str, seconds: float | None = None) -> bool:
        """Pass on what the kernel publishes until it is idle again; False after so many seconds."""
        asked = self.client.execute(code, store_history=False, allow_stdin=False)
        began = time.monotonic()
        while True:
            try:
                message = self.client.get_iopub_msg(timeout=0.2)
            except Empty:
                self.check()
                if seconds is not None and time.monotonic() - began >= seconds:
                    return False
                continue
            self.check()
            if message["parent_header"].get("msg_id") != asked:
                continue
            if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                return True
            self.receive(message)

    def receive(self, message: dict[str, Any]) -> None:
        """Pass on one message of the kernel's."""
        content = message["content"]
        match message["msg_type"]:
            case "stream":
                self.pass_on({"type": content["name"], "text": content["text"]})
            case "display_data" if MIME in content["data"]:
                self.pass_on(content["data"][MIME])
            case "error":
                self.pass_on(
                    {
                        "type": "error",
                        "name": content["ename"],
                        "message": content["evalue"],
                        "traceback": "",
                    }
                )

    def pass_on(self, message: dict[str, Any]) -> None:
        """Write a message, as far as there is room for text."""
        match message["type"]:
            case "reads":
                self.reads = {name: message[name] for name in ("places", "topics", "pattern")}
                return
            case "spent":
                self.is_spent = True
                return
            case "error" | "exit":
                self.has_failed = True
                # Left, or without its JVM, pyspark is of no use to the next cell.
                left = message["type"] == "exit"
                self.is_spent |= left or message.get("jvm_status") is not None
            case "table":
                self.table = message
            case "prompt" | "stdout" | "stderr" | "result":
                text = message["text"]
                if message["type"] == "stderr":
                    text = without_java(text)
                message["text"] = text[: self.left]
                self.left -= len(message["text"])
                self.dropped += len(text) - len(message["text"])
                if not message["text"]:
                    return
        emit(message.pop("type"), **message)

    def end_kernel_work(self, seconds: float) -> bool:
        """Interrupt what runs, and wait so long until the kernel listens again. Return if so."""
        kernel.interrupt()
        self.stop_reason, self.deadline = "", time.monotonic() + seconds
        try:
            while not self.execute("pass", seconds=seconds):
                self.check()
        except (Stopped, KernelGone):
            return False
        return True


def without_java(text: str) -> str:
    """What Spark logs, without the stack traces that tell a student nothing."""
    lines = text.splitlines(keepends=True)
    return "".join(line for line in lines if not JAVA_FRAME.match(line))
