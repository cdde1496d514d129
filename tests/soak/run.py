"""A soak from its first login to its last look at what is left."""

import os
import secrets
import time
from collections.abc import Callable

from bench.clusters import week10
from portal.catalog.images import operator_images
from portal.classroom.models import Class, User
from portal.classroom.services.people import make_person
from portal.engine.runtimes.sandbox import SandboxRuntime
from tests.contract.drivers import VENV
from tests.faults.processes import left
from tests.portal_process import Portal
from tests.soak import leaks, rows
from tests.soak.breaking import good, of_portal
from tests.soak.incidents import INCIDENTS
from tests.soak.memory import WARM_SECONDS, Memory
from tests.soak.overview import CLASS, Overview
from tests.soak.plan import OF_THE_PORTAL, Planned, plan
from tests.soak.pupil import Pupil
from tests.soak.report import Report, report
from tests.soak.stage import GOOD_SECONDS, Spoiled, Stage, patience
from tests.soak.tally import Tally

LEAVE_SECONDS = 120.0
SHORT_SECONDS = 300.0
"""A soak that is shorter takes its processes for warm earlier."""


class Soak:
    """One portal, its students, and what happens to them."""

    def __init__(self, portal: Portal, seed: int, students: int):
        self.seed = seed
        folder = str(portal.var / "run" / "sandboxes")
        runtime = SandboxRuntime(folder=folder, venv=str(VENV), images=operator_images())
        self.stage = Stage(portal, runtime, Tally(), week10().step("extract").shows_command)
        self.users = leaks.Users(portal)
        self.pupils = [Pupil(self.stage, name, seed) for name in logins(portal, students)]
        self.overview = Overview(self.stage)
        self.memory = Memory(self.stage)
        self.before: set[str] = set()

    def go(self, seconds: float, faults: int | None) -> None:
        """Everybody works while things happen; then all is ended and looked through."""
        if seconds < SHORT_SECONDS:
            self.memory.warm_seconds = WARM_SECONDS * seconds / SHORT_SECONDS
        good(self.stage, "the portal is good before anything happens")
        self.before = leaks.files(self.stage.portal)
        for thread in (self.users, self.memory, self.overview, *self.pupils):
            thread.start()
        self.break_things(time.monotonic() + seconds, faults)
        self.stage.ended.set()
        deadline = time.monotonic() + LEAVE_SECONDS * patience()
        for pupil in self.pupils:
            pupil.join(timeout=max(0.0, deadline - time.monotonic()))
            if pupil.is_alive():
                self.stage.tally.note("trouble", f"{pupil.name} does not come to an end")
        self.overview.join(timeout=60)
        self.memory.over.set()
        self.look()
        self.users.over.set()

    def break_things(self, deadline: float, faults: int | None) -> None:
        """The plan, until the time is up or so many have happened."""
        for number, planned in enumerate(plan(self.seed, len(self.pupils))):
            if number == faults:
                break
            if self.rest(min(deadline, time.monotonic() + planned.rest)) >= deadline:
                return
            try:
                self.happens(planned)
            except Spoiled as error:
                self.stage.tally.tell(f"{planned.fault}: {error}")
        self.rest(deadline)

    def rest(self, until: float) -> float:
        """Wait; the time it is then."""
        self.stage.ended.wait(max(0.0, until - time.monotonic()))
        return time.monotonic()

    def happens(self, planned: Planned) -> None:
        """One fault, and its end."""
        tally, began = self.stage.tally, time.monotonic()
        if planned.fault in OF_THE_PORTAL:
            of_portal(self.stage, planned)
        else:
            pupil = self.pupils[planned.student]
            if not pupil.happen(INCIDENTS[planned.fault]):
                tally.note("never", f"{planned.fault} was not over in time")
        tally.add("faults")
        tally.add(f"fault {planned.fault}")
        tally.tell(f"{planned.fault}, good again {time.monotonic() - began:.1f} s after its turn")

    def look(self) -> None:
        """What is left of sessions that have all ended, while the portal still runs."""
        portal, stage = self.stage.portal, self.stage
        looks: dict[str, Callable[[], list[str]]] = {
            "processes": lambda: [*leaks.processes(portal), *self.users.processes()],
            "groups": lambda: leaks.groups(portal),
            "files": lambda: sorted(leaks.files(portal) - self.before),
            "rows": rows.under_way,
            "keys": lambda: rows.keys_past_grace(rows.sessions()),
        }
        until = time.monotonic() + GOOD_SECONDS * patience()
        for name, look in looks.items():
            while (found := look()) and time.monotonic() < until:
                time.sleep(0.2)
            if found:
                stage.tally.note(name, "; ".join(found)[:1500], len(found))

    def report(self, minutes: float) -> Report:
        """The counts, once the portal has ended too."""
        portal, tally = self.stage.portal, self.stage.tally
        for what in (*left(portal), *self.users.processes()):
            tally.note("processes", f"after the portal has ended: {what}"[:500])
        for group in leaks.groups(portal):
            tally.note("groups", f"after the portal has ended: {group}")
        return report(
            tally,
            seed=self.seed,
            minutes=minutes,
            students=len(self.pupils),
            load=os.getloadavg()[0],
            lives=self.memory.longest(),
        )


def logins(portal: Portal, count: int) -> list[str]:
    """So many students of the demo class; those that it hasn't are made."""
    names = ["student", "student2"][:count]
    for number in range(3, count + 1):
        name, password = f"student{number}", secrets.token_urlsafe(9)
        person = make_person(name, User.Role.STUDENT, password)
        Class.objects.get(pk=CLASS).memberships.create(user=person)
        portal.passwords[name] = password
        names.append(name)
    return names
