"""Turns at what few can do at once: one at a time a person, and who has waited longest first."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class NoTurn(Exception):
    """It is not your turn, and it was not in time; the text says why."""


class Turns:
    """So many places, and a line of people who wait for one."""

    def __init__(self, places: int, waiting: int = 1) -> None:
        self.places = places
        self.waiting = waiting
        """How often one person may stand in the line."""
        self.changed = threading.Condition()
        self.at_it: list[object] = []
        self.line: list[tuple[object, object]] = []

    @contextmanager
    def turn(self, person: object, within: float) -> Iterator[None]:
        """Have a place once it is one's turn. Raises NoTurn after `within` seconds."""
        ticket = (person, object())
        with self.changed:
            if sum(each == person for each, _ in self.line) >= self.waiting:
                raise NoTurn("A query of yours waits already. Wait for its answer.")
            self.line.append(ticket)
            is_mine = self.changed.wait_for(lambda: self.is_next(ticket), within)
            self.line.remove(ticket)
            self.changed.notify_all()
            if not is_mine:
                raise NoTurn("Others' queries are running. Try again in a few seconds.")
            self.at_it.append(person)
        try:
            yield
        finally:
            with self.changed:
                self.at_it.remove(person)
                self.changed.notify_all()

    def is_next(self, ticket: tuple[object, object]) -> bool:
        """Whether there is a place, and nobody who may have it has waited longer."""
        if len(self.at_it) >= self.places:
            return False
        able = (each for each in self.line if each[0] not in self.at_it)
        return next(able, None) == ticket
