"""An instructor whose overview of the class stays open."""

import contextlib
import threading

from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.faults.student import Student
from tests.soak.stage import Stage

CLASS = 1
"""The demo class."""
EVERY_SECONDS = 2.0
HEARD_SECONDS = 5.0


class Overview(threading.Thread):
    """Its socket, and its page as somebody who comes back to it sees it."""

    def __init__(self, stage: Stage):
        super().__init__(daemon=True)
        self.stage = stage
        self.person = Student(stage.portal, "instructor", patience=60.0)
        self.socket = threading.Thread(target=self._listen, daemon=True)

    def run(self) -> None:
        """Until all ends."""
        self.socket.start()
        while not self.stage.ended.wait(EVERY_SECONDS):
            try:
                self.person.get(f"/classes/{CLASS}/")
                self.stage.tally.add("overviews")
            except (AssertionError, OSError) as error:
                self.stage.tally.note("overview", repr(error))

    def _listen(self) -> None:
        address = self.stage.portal.address
        url = f"{address.replace('http', 'ws', 1)}/ws/classes/{CLASS}/"
        while not self.stage.ended.wait(0.2):
            cookies = "; ".join(f"{each.name}={each.value}" for each in self.person.http.cookies)
            with (
                contextlib.suppress(OSError, ConnectionClosed, InvalidHandshake, EOFError),
                connect(
                    url, additional_headers={"Cookie": cookies}, origin=Origin(address)
                ) as socket,
            ):
                while not self.stage.ended.is_set():
                    with contextlib.suppress(TimeoutError):
                        socket.recv(timeout=HEARD_SECONDS)
                        self.stage.tally.add("rows told")
