"""How characters are written: colours and the like (SGR), kept as the shortest order for it."""

from collections.abc import Sequence

FLAGS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 5, 7: 7, 8: 8, 9: 9}
OFF = {21: (1,), 22: (1, 2), 23: (3,), 24: (4,), 25: (5,), 27: (7,), 28: (8,), 29: (9,)}
FOREGROUND, BACKGROUND = "fg", "bg"


class Pen:
    """Is told orders, and says them as one; nothing for the usual pen."""

    def __init__(self) -> None:
        self.flags: frozenset[int] = frozenset()
        self.colours: dict[str, str] = {}
        self.order = ""

    def copy(self) -> "Pen":
        """One like it."""
        made = Pen()
        made.flags, made.colours, made.order = self.flags, dict(self.colours), self.order
        return made

    @property
    def blank(self) -> str:
        """How what is wiped looks: the background stays."""
        return self.colours.get(BACKGROUND, "")

    def tell(self, numbers: Sequence[int]) -> None:
        """An order's numbers, in turn."""
        left = list(numbers) or [0]
        while left:
            number = left.pop(0)
            if number == 0:
                self.flags, self.colours = frozenset(), {}
            elif number in FLAGS:
                self.flags |= {number}
            elif number in OFF:
                self.flags -= set(OFF[number])
            elif number in (38, 48):
                self._extended(number, left)
            elif number in (39, 49):
                self.colours.pop(FOREGROUND if number == 39 else BACKGROUND, None)
            elif 30 <= number <= 37 or 90 <= number <= 97:
                self.colours[FOREGROUND] = str(number)
            elif 40 <= number <= 47 or 100 <= number <= 107:
                self.colours[BACKGROUND] = str(number)
        parts = [*map(str, sorted(self.flags)), *(self.colours[k] for k in sorted(self.colours))]
        self.order = ";".join(parts)

    def _extended(self, number: int, left: list[int]) -> None:
        """One of 256 colours, or of all."""
        count = {5: 1, 2: 3}.get(left.pop(0) if left else 0, 0)
        values, left[:] = left[:count], left[count:]
        if count and len(values) == count and max(values) < 256:
            kind = 5 if count == 1 else 2
            which = FOREGROUND if number == 38 else BACKGROUND
            self.colours[which] = ";".join(map(str, (number, kind, *values)))
