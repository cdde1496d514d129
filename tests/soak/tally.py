"""What is counted while it runs, by many threads."""

import threading
import time
from collections import Counter


class Tally:
    """Counts by name, and what is to be read about those that should be zero."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._began = time.monotonic()
        self.notes: list[str] = []

    def __getitem__(self, name: str) -> int:
        return self._counts[name]

    def add(self, name: str, count: int = 1) -> None:
        """So many more."""
        with self._lock:
            self._counts[name] += count

    def tell(self, words: str) -> None:
        """Say what happens, as it happens."""
        with self._lock:
            print(f"{time.monotonic() - self._began:7.1f} s  {words}", flush=True)

    def note(self, name: str, words: str, count: int = 1) -> None:
        """Count it, say it, and keep the words for the report."""
        self.add(name, count)
        self.tell(f"{name}: {words}")
        with self._lock:
            self.notes.append(f"{time.monotonic() - self._began:.0f} s, {name}: {words}")

    def begun_with(self, prefix: str) -> dict[str, int]:
        """All counts whose names begin so, by the rest of the name."""
        with self._lock:
            names = sorted(name for name in self._counts if name.startswith(prefix))
            return {name.removeprefix(prefix): self._counts[name] for name in names}
