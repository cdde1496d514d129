"""How a session's services are, and what they log, in the words of `docker-compose`."""

import base64
import contextlib
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from .door import Closed, Door, ask

UP, PAUSED = "Up", "Paused"
ALL = "all"
WRONG = 1


@dataclass
class Logs:
    """What `logs` was asked for."""

    services: list[str] = field(default_factory=list)
    follows: bool = False
    has_times: bool = False
    tail: int | None = None


def state_of(service: str) -> str:
    """*Up*, *Paused*, or how its process ended. One without a process only waits for commands."""
    try:
        told = ask(service, "observe")["processes"]
    except Closed:
        return "Gone"
    own = next((each for each in told if each["name"] == each["service"] == service), None)
    if own is None or own["running"]:
        return PAUSED if own is not None and own["held"] else UP
    status = int(own["exit"])
    return f"Exit {128 - status if status < 0 else status}"


def ps(services: list[str]) -> int:
    """A table of all."""
    width = max(map(len, ("Name", *services)))
    print(f"{'Name':^{width}}   State")
    print("-" * (width + 12))
    for each in services:
        print(f"{each:<{width}}   {state_of(each)}")
    return 0


def up(services: list[str]) -> int:
    """They are up already, as `up -d` says it; of one that is not, what to do."""
    states = {each: state_of(each) for each in services}
    for service, state in states.items():
        if state == UP:
            print(f"{service} is up-to-date", file=sys.stderr)
    ended = {service: state for service, state in states.items() if state != UP}
    for service, state in ended.items():
        print(
            f"{service} is not up ({state}), and nothing in here can start it again. What was "
            "broken on purpose is put right in the page; otherwise Reset, at its top, makes a new "
            "cluster: events are lost, files stay.",
            file=sys.stderr,
        )
    return WRONG if ended else 0


def read_logs(typed: list[str]) -> Logs:
    """What follows `logs`."""
    made = Logs()
    words = iter(typed)
    for word in words:
        key, _, value = word.partition("=")
        if key in ("--tail", "-n"):
            value = value or next(words, ALL)
            made.tail = int(value) if value.isdecimal() else None
        elif word in ("-f", "--follow"):
            made.follows = True
        elif word in ("-t", "--timestamps"):
            made.has_times = True
        elif not word.startswith("-"):
            made.services.append(word)
    return made


def logs(services: list[str], wanted: Logs) -> int:
    """What they have logged, by time; with `-f` what they log from then on, until control-C."""
    kept: list[tuple[float, int, str, bytes]] = []
    last = dict.fromkeys(services, 0)
    for service in services:
        with Door(service, "logs", since=0, waits=False) as door:
            found = [each for each in door.answers() if "n" in each]
        last[service] = found[-1]["n"] if found else 0
        if wanted.tail is not None:
            found = found[len(found) - wanted.tail :] if wanted.tail < len(found) else found
        kept += [line_of(service, each) for each in found]
    width = max(map(len, services))
    for line in sorted(kept):
        show(line, width, wanted)
    if wanted.follows:
        follow(last, width, wanted)
    return 0


def follow(last: dict[str, int], width: int, wanted: Logs) -> None:
    """What comes after those numbers."""
    showing = threading.Lock()

    def tell(service: str, since: int) -> None:
        with contextlib.suppress(Closed), Door(service, "logs", since=since) as door:
            for each in door.answers():
                if "n" in each:
                    with showing:
                        show(line_of(service, each), width, wanted)

    threads = [threading.Thread(target=tell, args=each, daemon=True) for each in last.items()]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def line_of(service: str, told: dict[str, Any]) -> tuple[float, int, str, bytes]:
    """A line in an order that they can be sorted by."""
    return float(told["at"]), int(told["n"]), service, base64.b64decode(told["t"])


def show(line: tuple[float, int, str, bytes], width: int, wanted: Logs) -> None:
    """Print it, behind its service."""
    at, _, service, text = line
    when = ""
    if wanted.has_times:
        when = time.strftime("%Y-%m-%dT%H:%M:%SZ ", time.gmtime(at))
    sys.stdout.write(f"{service:<{width}} | {when}{text.decode(errors='replace')}\n")
    sys.stdout.flush()
