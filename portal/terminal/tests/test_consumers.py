"""A page's terminals: every byte once, one size for all, and only those type who may."""

import asyncio
import time
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.auth.models import AbstractUser
from django.dispatch import Signal

from portal.activities.models import Session
from portal.activities.tests.conftest import Person
from portal.engine.commands import CommandRan
from portal.terminal import consumers, following, receivers, services
from portal.terminal.messages import SNAPSHOT
from portal.terminal.models import TypedCommand
from portal.terminal.tests.conftest import Page, Relay, Visit

pytestmark = pytest.mark.django_db(transaction=True)


async def done(work: Any, *arguments: Any, **named: Any) -> Any:
    """Do something as a request or the relay would."""
    return await database_sync_to_async(work)(*arguments, **named)


# What is shown


async def test_a_new_terminal_is_asked_for_with_the_size_of_the_page(
    visit: Visit, relay: Relay
) -> None:
    async with await visit() as page:
        assert (await page.next_of("terminals"))["shells"] == []
        await page.open(rows=40, columns=120)
        asked = await relay.asked_for("open")
        assert (asked["service"], asked["name"]) == ("mids", "main")
        assert (asked["rows"], asked["columns"]) == (40, 120)
        shells = (await page.next_of("terminals"))["shells"]
    assert shells == [{"service": "mids", "name": "main"}]


async def test_a_page_that_comes_sees_the_screen_and_then_what_follows(
    visit: Visit, relay: Relay
) -> None:
    async with await visit() as page:
        await page.open()
        await done(relay.run)
        await done(relay.print, b"long ago")
        await done(relay.screen, b"\x1b[2Jthe screen")
    async with await visit() as page:
        await page.attach()
        assert (await page.next_of("screen"))["rows"] == 24
        end = await done(relay.print, b", and more")
        assert await page.printed(end) == b"\x1b[2Jthe screen, and more"
    assert page.frames[0][0] == SNAPSHOT


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice(
    visit: Visit, relay: Relay
) -> None:
    async with await visit() as page:
        await page.open()
        await done(relay.run)
        end = await done(relay.print, b"before ")
        await page.printed(end)
    last = await done(relay.print, b"meanwhile")
    async with await visit() as back:
        await back.attach(after=end, epoch="one")
        assert await back.printed(last) == b"meanwhile"
        # Where it stood was in the middle of a piece: it gets the rest of that.
    async with await visit() as back:
        await back.attach(after=end - 3, epoch="one")
        assert await back.printed(last) == b"re meanwhile"


async def test_a_shell_of_another_life_is_shown_from_its_screen(visit: Visit, relay: Relay) -> None:
    async with await visit() as page:
        await page.open()
        await done(relay.run, "one")
        end = await done(relay.print, b"old")
        await page.printed(end)
        relay.offset = 0
        await done(relay.run, "two")
        await done(relay.print, b"new")
        screen = await page.next_of("screen")
        while screen["epoch"] != "two":
            screen = await page.next_of("screen")
        page.frames.clear()
        assert await page.printed(3) == b"new"


async def test_two_pages_see_one_terminal(visit: Visit, relay: Relay) -> None:
    async with await visit() as one, await visit() as other:
        await one.open()
        await done(relay.run)
        await other.attach()
        end = await done(relay.print, b"$ ls\r\n")
        assert await one.printed(end) == await other.printed(end) == b"$ ls\r\n"


async def test_a_page_that_does_not_draw_is_sent_no_more_than_a_window(
    visit: Visit, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "WINDOW", 1000)
    async with await visit() as page:
        await page.open()
        await done(relay.run)
        end = 0
        while not page.frames or page.frames[-1][1] <= 1000:
            end = await done(relay.print, b"y\r\n" * 33)
            await page.printed(end)
        sent = end
        end = await done(relay.print, b"more")
        assert await page.is_quiet(0.5)
        await page.send(type="drawn", offset=sent)
        assert (await page.printed(end)).endswith(b"more")
        assert (await relay.asked_for("ack"))["offset"] == sent


async def test_how_a_shell_ended_is_told_and_a_new_one_can_be_had(
    visit: Visit, relay: Relay
) -> None:
    async with await visit() as page:
        await page.open()
        await done(relay.run)
        await done(relay.end, 3)
        state = await page.next_of("state")
        while state["status"] != "ended":
            state = await page.next_of("state")
        assert state["exit_status"] == 3
        relay.hear()
        relay.asked.clear()
        await page.send(type="restart")
        assert (await relay.asked_for("open"))["name"] == "main"


async def test_looking_at_a_shell_that_has_ended_starts_no_new_one(
    visit: Visit, relay: Relay
) -> None:
    async with await visit() as page:
        await page.open()
        await relay.asked_for("open")
    await done(relay.run)
    await done(relay.end, 0)
    async with await visit() as page:
        await page.attach()
        assert (await page.next_of("screen"))["status"] == "ended"
    assert "open" not in [each["verb"] for each in relay.hear()]


# What is typed


async def test_keys_go_as_they_are(visit: Visit, relay: Relay) -> None:
    async with await visit() as page:
        await page.open()
        await page.type(b"caf\xc3\xa9\x03\x00\xff")
        assert await relay.typed(8) == b"caf\xc3\xa9\x03\x00\xff"


async def test_the_terminal_has_the_size_of_whoever_typed_last(visit: Visit, relay: Relay) -> None:
    async with await visit() as large, await visit() as small:
        await large.open(rows=50, columns=160)
        await done(relay.run, rows=50, columns=160)
        await large.next_of("screen")
        # It comes back after a drop, which is no typing: the size stays.
        await small.attach(rows=20, columns=60, epoch="one")
        for _ in range(2):
            asked = await relay.asked_for("open")
            assert (asked["rows"], asked["columns"]) == (50, 160)
        await small.type(b"l")
        resized = await relay.asked_for("resize")
        assert (resized["rows"], resized["columns"]) == (20, 60)
        assert await relay.typed(1) == b"l"


async def test_a_window_that_grows_takes_the_terminal_along_if_it_was_its_size(
    visit: Visit, relay: Relay
) -> None:
    async with await visit() as page:
        await page.open(rows=24, columns=80)
        await relay.asked_for("open")
        await done(relay.run, rows=24, columns=80)
        await page.next_of("screen")
        await page.send(type="resize", rows=1000, columns=1000)
        resized = await relay.asked_for("resize")
        assert (resized["rows"], resized["columns"]) == (200, 500)


async def test_a_window_that_grows_leaves_a_terminal_of_another_size(
    visit: Visit, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "SETTLE_SECONDS", 0.0)
    async with await visit() as page:
        await page.open(rows=24, columns=80)
        await relay.asked_for("open")
        await done(relay.run, rows=50, columns=160)
        await page.next_of("screen")
        await page.send(type="resize", rows=30, columns=100)
        await page.type(b"x")
        verbs = []
        while "keys" not in verbs:
            verbs = [each["verb"] for each in await asyncio.to_thread(relay.hear)]
        resized = [each for each in relay.asked if each["verb"] == "resize"]
        assert [(each["rows"], each["columns"]) for each in resized] == [(30, 100)]
        assert verbs.index("resize") < verbs.index("keys")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        '{"type": "open"}',
        '{"type": "open", "service": "../x", "rows": 1, "columns": 1}',
        '{"type": "resize", "rows": 0, "columns": 80}',
        '{"type": "resize", "rows": 99999, "columns": 80}',
        '{"type": "restart", "more": 1}',
        '{"type": "drawn", "offset": -1}',
        " " * 5000,
    ],
)
async def test_what_no_page_sends_ends_the_socket(visit: Visit, text: str) -> None:
    async with await visit() as page:
        await page.say(text)
        assert await page.close_code() == consumers.MALFORMED


async def test_too_many_keys_at_once_end_the_socket(visit: Visit, relay: Relay) -> None:
    async with await visit() as page:
        await page.open()
        await page.type(b"x" * (64 * 1024 + 1))
        assert await page.close_code() == consumers.MALFORMED


# Bounds


async def test_a_session_has_so_many_terminals_and_no_more(visit: Visit, relay: Relay) -> None:
    async with await visit() as page:
        for _ in range(services.MOST):
            await page.open()
        await page.send(type="open", service="mids", rows=24, columns=80)
        assert "Close one first" in (await page.next_of("refused"))["message"]
        await page.send(type="close", service="mids", name="2")
        assert (await relay.asked_for("close"))["name"] == "2"
        await page.open("kafka")
        shells: list[dict[str, str]] = []
        while len(shells) < services.MOST or shells[-1]["service"] != "kafka":
            shells = (await page.next_of("terminals"))["shells"]
    assert [each["name"] for each in shells] == ["main", "3", "4", "main"]


async def test_a_service_that_is_not_there_is_named(visit: Visit) -> None:
    async with await visit() as page:
        await page.send(type="open", service="hive", rows=24, columns=80)
        refused = (await page.next_of("refused"))["message"]
    assert refused == "There is no service called 'hive'. There are kafka, mids."


async def test_a_cluster_that_is_not_up_has_no_terminal(
    visit: Visit, ready: Session, relay: Relay
) -> None:
    await done(Session.objects.filter(pk=ready.pk).update, status="failed")
    async with await visit() as page:
        assert (await page.next_of("terminals"))["is_up"] is False
        await page.send(type="open", service="mids", rows=24, columns=80)
        assert "not up" in (await page.next_of("refused"))["message"]


async def test_a_reset_leaves_no_terminal_of_the_old_cluster(
    visit: Visit, ready: Session, relay: Relay
) -> None:
    async with await visit() as page:
        await page.open()
        while not (await page.next_of("terminals"))["shells"]:
            pass
        await done(ready.change, generation=ready.generation + 1)
        news = await page.next_of("terminals")
    assert news["shells"] == []
    assert news["generation"] == ready.generation


# Who may


async def test_a_foreign_session_has_no_terminals(visit: Visit, person: Person) -> None:
    other = await done(person, "other")
    assert not await (await visit(other)).connect()


@pytest.fixture
async def watcher(visit: Visit, person: Person) -> Page:
    """An instructor's page, not yet connected."""
    made: Page = await visit(await done(person, "instructor"))
    return made


async def test_who_watches_sees_and_does_not_type(
    visit: Visit, relay: Relay, watcher: Page
) -> None:
    async with await visit() as page, watcher:
        await page.open()
        await done(relay.run)
        assert (await watcher.next_of("terminals"))["may_type"] is False
        await watcher.attach(rows=10, columns=20)
        end = await done(relay.print, b"$ ")
        assert await watcher.printed(end) == b"$ "
        await watcher.type(b"rm -r *\n")
        assert "student lets you" in (await watcher.next_of("refused"))["message"]
        await watcher.send(type="resize", rows=11, columns=21)
        for wish in (
            {"type": "open", "service": "mids", "rows": 24, "columns": 80},
            {"type": "restart"},
            {"type": "close", "service": "mids", "name": "main"},
            {"type": "consent", "is_on": True},
        ):
            await watcher.send(**wish)
            assert (await watcher.next_of("refused"))["message"].startswith("Only the session's")
    asked = {each["verb"] for each in relay.hear()}
    assert asked <= {"open", "ack"}
    assert len([each for each in relay.asked if each["verb"] == "open"]) == 1


async def test_who_watches_types_once_the_student_lets_them_and_that_is_noted(
    visit: Visit, relay: Relay, watcher: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[tuple[str, str]] = []

    def note(user: AbstractUser, verb: str, **others: Any) -> None:
        noted.append((user.get_username(), verb))

    # What the audit has been told can't be taken out of it again, not by a test either.
    deeds = Signal()
    deeds.connect(note)
    monkeypatch.setattr(services, "acted", deeds)
    async with await visit() as page, watcher:
        await page.open()
        await page.send(type="consent", is_on=True)
        while not (await page.next_of("terminals"))["others_may_type"]:
            pass
        while not (await watcher.next_of("terminals"))["may_type"]:
            pass
        await watcher.attach()
        await watcher.type(b"l")
        await watcher.type(b"s")
        assert await relay.typed(2) == b"ls"
        await page.send(type="consent", is_on=False)
        while (await watcher.next_of("terminals"))["may_type"]:
            pass
        await watcher.type(b"rm")
        await watcher.next_of("refused")
    assert noted == [("instructor", "type")]


async def test_consent_ends_with_the_tab_that_gave_it(
    visit: Visit, relay: Relay, watcher: Page
) -> None:
    async with watcher:
        async with await visit() as page:
            await page.open()
            await page.send(type="consent", is_on=True)
            while not (await watcher.next_of("terminals"))["may_type"]:
                pass
        while (news := await watcher.next_of("terminals"))["may_type"]:
            pass
        assert news["others_may_type"] is False


async def test_another_tab_of_the_student_can_end_consent(
    visit: Visit, relay: Relay, watcher: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "WATCH_SECONDS", 0.02)
    async with watcher, await visit() as page, await visit() as other:
        await page.send(type="consent", is_on=True)
        while not (await watcher.next_of("terminals"))["may_type"]:
            pass
        await other.send(type="consent", is_on=False)
        while (await watcher.next_of("terminals"))["may_type"]:
            pass
        # The first tab goes on renewing what it has: nothing, now.
        assert await watcher.is_quiet(0.3)


# What would end the cluster


async def test_a_page_is_told_of_a_line_that_would_end_the_cluster(
    visit: Visit, relay: Relay, ready: Session
) -> None:
    def ran(line: str, *, status: int, long_ago: float = 0.0) -> None:
        now = time.time() - long_ago
        told = CommandRan(f"{line}{status}", line, now, exit_status=status, ended_at=now)
        services.keep_typed(ready, relay.terminal, told)
        receivers.tell_pages(None, ready.pk)

    async with await visit() as page:
        assert (await page.next_of("terminals"))["asked_to_end"] is None
        await done(ran, "docker-compose down", status=0, long_ago=300)
        await done(ran, "docker-compose down", status=1)
        await done(ran, "echo docker-compose down", status=0)
        await done(ran, "cd /w205 && docker-compose -f x.yml down -v", status=0)
        asked = (await page.next_of("terminals"))["asked_to_end"]
    row = await TypedCommand.objects.aget(pk=asked)
    assert row.line == "cd /w205 && docker-compose -f x.yml down -v"
    await ready.arefresh_from_db()
    assert ready.status == "ready"
