"""Be a pod's gate: `python -m guest.gate FOLDER`, which has `gate.json` and the keys in it."""

import json
import sys
import threading
from pathlib import Path

from .agents import Behind, CannotServe
from .serving import Gate, secured

LAST_WORDS = Path("/dev/termination-log")
BOOT_SECONDS = 300.0


def main(folder: str) -> None:
    """Hand agents their listeners, tell them what they serve, then take calls."""
    told = json.loads(Path(folder, "gate.json").read_text())
    rules = Path(folder, "rules").read_bytes()
    agents = {
        each["service"]: Behind(
            each["service"], Path(each["address"]), Path(each["boot"]), each["configuration"]
        )
        for each in told["agents"]
    }
    failures: list[str] = []

    def make(behind: Behind) -> None:
        try:
            behind.make(rules, BOOT_SECONDS)
        except (OSError, ValueError, CannotServe) as error:
            failures.append(f"{behind.service}: {error}")

    # All at once: each waits for its container, and they start in any order.
    threads = [threading.Thread(target=make, args=(each,)) for each in agents.values()]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    if failures:
        raise SystemExit("; ".join(failures))
    Gate(told["port"], secured(folder), agents).serve_for_ever()


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except SystemExit as error:
        LAST_WORDS.write_text(str(error))
        raise
