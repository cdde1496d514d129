"""What apps put on pages: a session's panels, and pieces of pages that another app owns.

Each app adds its own in `ready()`, so that a page names no app above its own. What is added stays
the same as long as the process lives.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Context = Callable[[Any], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Panel:
    """A tab beside a session's steps. Its template sees what the session page sees."""

    name: str
    """What a lab's `look_at` says."""
    title: str
    template: str
    order: int
    look: str
    """On the button that opens it after a step."""
    has_count: bool = False
    """Whether its tab shows the number that its content tells by `live:count`."""
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


class Place(StrEnum):
    """Where pages take pieces, and what each piece's `context` is given there."""

    SESSION_TOP = "session.top"
    """Below a session's status, and put in place anew at each change; the session."""
    SESSION_BAR = "session.bar"
    """Between a session's status and all that is below it; the session."""
    SESSION_MENU = "session.menu"
    """A link in a session's menu, put in place anew at each change; the session."""
    SESSION_END = "session.end"
    """An entry of what a session that has ended leaves, put in place anew at each change; the
    session."""
    SESSIONS = "sessions"
    """A cell of each row of the list of sessions; the sessions that are shown. `context` gives the
    column's `title`, and `values` by a session's id: the template finds its row's as `value`."""
    LABS = "labs"
    """Beside the title of all labs; nothing."""
    LAB_START = "lab.start"
    """How a lab is begun, on its card and its page; its version."""
    LAB_ASIDE = "lab.aside"
    """Beside a lab's description; its version."""
    ROW_ORIGIN = "row.origin"
    """Below where a table's row came from; the `lineage.Origin`."""
    VERSION_TOOLS = "version.tools"
    """Links of a version in the editor; the version."""
    VERSION_DEEDS = "version.deeds"
    """What can be done with a version in the editor; the version."""
    VERSION_NOTES = "version.notes"
    """What is known of a version in the editor; the version."""
    STEP_PREVIEW = "step.preview"
    """How the page of a step will look; the `LabSpec` and the step's id."""


def nothing(subject: Any) -> Mapping[str, Any]:
    """No context of its own."""
    return {}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a page. Its template finds what `context` gives as `piece`."""

    place: Place
    template: str
    order: int = 0
    context: Context = nothing
    styles: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()


_panels: dict[str, Panel] = {}
_pieces: dict[tuple[Place, str], Piece] = {}


def add_panel(panel: Panel) -> None:
    """Offer a panel in every session. Raises ValueError for a name that another one has."""
    if _panels.setdefault(panel.name, panel) != panel:
        raise ValueError(f"There are two panels {panel.name!r}.")


def add_piece(piece: Piece) -> None:
    """Put a piece at its place; the same template comes there once."""
    _pieces[piece.place, piece.template] = piece


def panels() -> list[Panel]:
    """All panels, in the order of their tabs."""
    return sorted(_panels.values(), key=lambda panel: panel.order)


def names() -> list[str]:
    """The panels' names."""
    return [panel.name for panel in panels()]


def pieces(place: Place) -> list[Piece]:
    """The pieces of a place, in their order."""
    return sorted((each for each in _pieces.values() if each.place == place), key=in_order)


def in_order(piece: Piece) -> tuple[int, str]:
    """By its number, then by its template."""
    return piece.order, piece.template


def shown(place: Place, subject: Any = None) -> list[Mapping[str, Any]]:
    """A place's pieces as a template includes them: `template`, and what each has to show."""
    return [{**piece.context(subject), "template": piece.template} for piece in pieces(place)]


def styles(parts: Iterable[Panel | Piece]) -> list[str]:
    """The style sheets of some parts, each once."""
    return list(dict.fromkeys(path for part in parts for path in part.styles))


def scripts(parts: Iterable[Panel | Piece]) -> list[str]:
    """The scripts of some parts, each once."""
    return list(dict.fromkeys(path for part in parts for path in part.scripts))
