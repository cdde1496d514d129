"""Where a screen writes next, and how."""

from dataclasses import dataclass, field

from .pen import Pen


@dataclass
class Cursor:
    """Where the next character goes, and how."""

    row: int = 0
    column: int = 0
    is_past: bool = False
    """Behind the last column: the next character begins a line."""
    pen: Pen = field(default_factory=Pen)
    charsets: list[str] = field(default_factory=lambda: ["B", "B"])
    charset: int = 0
    is_in_region: bool = False
    """Rows count from the region's top."""

    def copy(self) -> "Cursor":
        """One like it."""
        return Cursor(
            self.row,
            self.column,
            self.is_past,
            self.pen.copy(),
            list(self.charsets),
            self.charset,
            self.is_in_region,
        )
