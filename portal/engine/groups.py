"""Consumer groups: who reads what, how far it is, and how it is set back."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from portal.engine import lines
from portal.engine.errors import CommandCancelled, CommandTimedOut
from portal.engine.programs import guest
from portal.engine.runtimes.base import Cancelled, Runtime, never
from portal.engine.tail import AGE_SECONDS

LIMIT = 2 << 20
RESET_SECONDS = 13.0
BROKER_MS = "10000"
"""Kafka's own five seconds are few on a host that has much to do."""
KEPT_BYTES = 16 * 1024
NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")
EARLIEST, OFFSET, TIME = "earliest", "offset", "time"
ACTIVE = re.compile(r"is inactive, but the current state is (\w+)")


class NoReset(ValueError):
    """What was asked for can't be; says why, to the student."""


@dataclass(frozen=True, slots=True)
class Place:
    """One partition, as a group reads it."""

    topic: str
    partition: int
    committed: int | None
    """The offset of the next record that it will read; None where it has committed nothing."""
    end: int | None
    """The offset after the last record; None for a topic that is gone."""
    member: str

    @property
    def lag(self) -> int | None:
        """How many records it has still to read; None where that is not known."""
        if self.committed is None or self.end is None:
            return None
        return max(0, self.end - self.committed)


@dataclass(frozen=True, slots=True)
class Group:
    """One consumer group."""

    name: str
    state: str
    members: tuple[str, ...]
    """Their ids, as many as a page can show."""
    member_count: int
    places: tuple[Place, ...]

    def as_dict(self) -> dict[str, Any]:
        """The group as JSON can carry it, each place with its lag."""
        places = [{**asdict(each), "lag": each.lag} for each in self.places]
        known = [each.lag for each in self.places if each.lag is not None]
        return {**asdict(self), "places": places, "lag": sum(known) if known else None}


def watch(
    runtime: Runtime, session: str, tools: str, broker: str, cancelled: Cancelled = never
) -> Iterator[tuple[Group, ...]]:
    """Yield all groups, and again whenever something of them changes. As `tail` ends."""
    argv = guest("groups", broker)
    execution = runtime.exec(session, tools, argv, timeout=AGE_SECONDS, cancelled=cancelled)
    try:
        for message in lines.Lines(execution, LIMIT):
            yield lines.parsed(to_groups, message)
    except (CommandCancelled, CommandTimedOut):
        return


def to_groups(message: dict[str, Any]) -> tuple[Group, ...]:
    """A message of `guest.groups`. Raises ValueError."""
    found = [lines.record(each) for each in lines.items(message.get("groups"), 50)]
    return tuple(
        Group(
            name=lines.text(each.get("name"), 300),
            state=lines.text(each.get("state"), 50),
            members=tuple(
                lines.text(lines.record(one).get("id"), 300)
                for one in lines.items(each.get("members"), 50)
            ),
            member_count=lines.whole(each.get("member_count"), most=2**31),
            places=tuple(
                to_place(lines.record(one)) for one in lines.items(each.get("partitions"), 200)
            ),
        )
        for each in found
    )


def to_place(given: dict[str, Any]) -> Place:
    """Raises ValueError."""
    committed, end = given.get("committed"), given.get("end")
    return Place(
        topic=lines.text(given.get("topic"), 249),
        partition=lines.whole(given.get("partition"), most=2**31 - 1),
        committed=None if committed is None else lines.whole(committed, most=2**53),
        end=None if end is None else lines.whole(end, most=2**53),
        member=lines.text(given.get("member"), 300),
    )


def reset_argv(broker: str, group: str, topic: str, to: str, value: str) -> tuple[str, ...]:
    """Kafka's own command for it. Raises NoReset."""
    if not NAME.fullmatch(group):
        raise NoReset("Name a group: letters, digits, dots, dashes and underscores.")
    if not NAME.fullmatch(topic):
        raise NoReset("Name the topic whose offsets are to be set back.")
    match to:
        case "earliest":
            target = ["--to-earliest"]
        case "offset" if re.fullmatch(r"[0-9]{1,15}", value):
            target = ["--to-offset", value]
        case "offset":
            raise NoReset("Write the offset as a whole number, as in 12.")
        case "time":
            target = ["--to-datetime", moment(value)]
        case _:
            raise NoReset("Choose where the group is to begin: earliest, an offset or a time.")
    command = ("kafka-consumer-groups", "--bootstrap-server", broker, "--timeout", BROKER_MS)
    return (*command, "--group", group, "--topic", topic, "--reset-offsets", *target, "--execute")


def moment(value: str) -> str:
    """A time as the command reads it, which is UTC. Raises NoReset."""
    try:
        found = datetime.fromisoformat(value.strip()[:40])
    except ValueError:
        raise NoReset("Write the time as 2026-11-29T20:05:00; it is read as UTC.") from None
    return found.replace(tzinfo=None).isoformat(timespec="milliseconds")


@dataclass(frozen=True, slots=True)
class Reset:
    """What the command printed, and how it ended."""

    command: str
    said: str
    is_done: bool
    advice: str = ""


def reset(runtime: Runtime, session: str, service: str, argv: tuple[str, ...]) -> Reset:
    """Run it. Raises what the runtime raises; a group that is active is told of in words."""
    kept = bytearray()
    execution = runtime.exec(session, service, argv, timeout=RESET_SECONDS)
    for piece in execution:
        kept += piece.data[: KEPT_BYTES - len(kept)]
    said = kept.decode(errors="replace").strip()
    active = ACTIVE.search(said)
    advice = ""
    if active:
        advice = (
            "The group still has members, and Kafka sets back only one that has none. End its "
            "consumers with control-C, then try again."
        )
    # The command ends with status 0 even so.
    is_done = execution.exit_status == 0 and not active and "Error" not in said
    return Reset(f"docker-compose exec {service} {shlex.join(argv)}", said, is_done, advice)
