"""What is said of a terminal by everybody: its size, its name, and how much it holds back."""

import re
from dataclasses import dataclass

MOST_ROWS, MOST_COLUMNS = 200, 500
LEAST_ROWS, LEAST_COLUMNS = 1, 2
KEYS_BYTES = 64 * 1024
"""Of one message with keys: a pasted page goes in several."""
NAME = re.compile(r"[a-z0-9-]{1,32}")


@dataclass(frozen=True, slots=True)
class Size:
    """Of a terminal's window, in characters."""

    rows: int = 24
    columns: int = 80

    @classmethod
    def of(cls, rows: int, columns: int) -> "Size":
        """The nearest that a terminal can have."""
        return cls(
            min(MOST_ROWS, max(LEAST_ROWS, rows)),
            min(MOST_COLUMNS, max(LEAST_COLUMNS, columns)),
        )
