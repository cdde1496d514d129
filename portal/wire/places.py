"""Who can be spoken to: what the lab's own steps and services say, and nobody else."""

from collections.abc import Iterator
from dataclasses import dataclass

from portal.engine.lab.spec import LabSpec
from portal.engine.wire.talk import Place


@dataclass(frozen=True, slots=True)
class Spot:
    """A server of the lab's."""

    place: Place
    what: str
    """What is there, in a few words."""
    starts: str = ""
    """The title of the step that starts it; empty for what starts with the cluster."""

    @property
    def key(self) -> str:
        """Its name in forms."""
        return f"{self.place.host}:{self.place.port}"


def spots(lab: LabSpec) -> list[Spot]:
    """Every server that there is to speak to, those of steps first."""
    found: dict[str, Spot] = {}
    for spot in (*of_steps(lab), *of_services(lab)):
        found.setdefault(spot.key, spot)
    return list(found.values())


def of_steps(lab: LabSpec) -> Iterator[Spot]:
    """Those that steps start, or speak to."""
    titles: dict[int, str] = {}
    for step in lab.steps:
        if (named := step.run.server(step)) is not None and step.run.serves:
            titles.setdefault(named[2], step.title)
    for step in lab.steps:
        if (named := step.run.server(step)) is not None:
            service, host, port = named
            yield Spot(Place(service, host, port), f"in {service}", titles.get(port, ""))


def of_services(lab: LabSpec) -> Iterator[Spot]:
    """What services listen on, spoken to from where tools run; most of it is no HTTP."""
    for service in lab.services:
        for port in service.expose:
            host = "localhost" if service.name == lab.tools else service.name
            yield Spot(Place(lab.tools, host, port), f"in {service.name}")


def find(lab: LabSpec, key: str) -> Spot | None:
    """The one of that name."""
    return next((each for each in spots(lab) if each.key == key), None)
