"""Consumer groups: what a cluster tells of them, and the command that sets one back."""

import json

import pytest

from portal.engine import groups
from portal.engine.groups import NoReset
from portal.engine.lines import GarbledReply
from portal.engine.runtimes.base import ClusterSpec
from portal.engine.runtimes.fake import FakeRuntime, Reply

TOLD = {
    "name": "readers",
    "state": "Stable",
    "members": [{"id": "c-1", "client": "c", "host": "/127.0.0.3"}],
    "member_count": 1,
    "partitions": [
        {"topic": "events", "partition": 0, "committed": 3, "end": 5, "member": "c-1"},
        {"topic": "events", "partition": 1, "committed": None, "end": 4, "member": ""},
        {"topic": "gone", "partition": 0, "committed": 1, "end": None, "member": ""},
    ],
}
ACTIVE = (
    b"\nError: Assignments can only be reset if the group 'readers' is inactive, but the current "
    b"state is Stable.\n\nGROUP  TOPIC  PARTITION  NEW-OFFSET\n"
)


def runtime(*said: bytes) -> FakeRuntime:
    """A cluster in which any command prints that."""
    made = FakeRuntime(replies=lambda service, argv: Reply(stdout=b"".join(said)))
    list(made.up(ClusterSpec("s", (), "mids", {})))
    return made


def watched(*told: object) -> list[tuple[groups.Group, ...]]:
    """What is seen of such messages."""
    lines = [json.dumps({"type": "groups", "groups": each}).encode() + b"\n" for each in told]
    return list(groups.watch(runtime(*lines), "s", "mids", "kafka:29092"))


def test_a_group_is_told_with_how_far_it_is_behind() -> None:
    (first, second) = watched([], [TOLD])
    assert first == ()
    told = second[0].as_dict()
    assert (told["name"], told["state"], told["member_count"], told["lag"]) == (
        "readers",
        "Stable",
        1,
        2,
    )
    assert [each["lag"] for each in told["places"]] == [2, None, None]


@pytest.mark.parametrize(
    "wrong",
    [
        [{**TOLD, "name": 5}],
        [{**TOLD, "members": "many"}],
        [{**TOLD, "partitions": [{"topic": "events"}]}],
        [{**TOLD, "member_count": -1}],
        [TOLD] * 51,
        {"a": 1},
    ],
)
def test_nonsense_of_a_hostile_cluster_is_refused(wrong: object) -> None:
    with pytest.raises(GarbledReply):
        watched(wrong)


def test_the_command_is_kafkas_own() -> None:
    argv = groups.reset_argv("kafka:29092", "readers", "events", "offset", "12")
    assert " ".join(argv) == (
        "kafka-consumer-groups --bootstrap-server kafka:29092 --timeout 10000 --group readers "
        "--topic events --reset-offsets --to-offset 12 --execute"
    )
    at = groups.reset_argv("k:1", "g", "t", "time", "2026-11-29T20:05")
    assert at[-3:] == ("--to-datetime", "2026-11-29T20:05:00.000", "--execute")
    assert "--to-earliest" in groups.reset_argv("k:1", "g", "t", "earliest", "")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("", "t", "earliest", ""), "Name a group"),
        (("--help", "t u", "earliest", ""), "Name the topic"),
        (("g; rm", "t", "earliest", ""), "Name a group"),
        (("g", "t", "offset", "-1"), "whole number"),
        (("g", "t", "time", "yesterday"), "Write the time"),
        (("g", "t", "nowhere", ""), "Choose where"),
    ],
)
def test_what_can_not_be_asked_for_is_said(given: tuple[str, str, str, str], words: str) -> None:
    with pytest.raises(NoReset, match=words):
        groups.reset_argv("kafka:29092", *given)


def test_a_group_that_is_active_is_told_of_in_words() -> None:
    argv = groups.reset_argv("kafka:29092", "readers", "events", "earliest", "")
    found = groups.reset(runtime(ACTIVE), "s", "kafka", argv)
    assert not found.is_done
    assert "The group still has members" in found.advice
    assert found.command.startswith("docker-compose exec kafka kafka-consumer-groups ")
    assert "current state is Stable" in found.said
    done = groups.reset(runtime(b"GROUP TOPIC\nreaders events 0 0\n"), "s", "kafka", argv)
    assert (done.is_done, done.advice) == (True, "")
