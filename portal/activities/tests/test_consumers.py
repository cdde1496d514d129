"""The session page's socket, through the whole application: who gets in, and what they are told."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import get_default_application
from django.contrib.auth.models import AbstractUser, Permission
from django.test import Client as Browser

from portal.activities import consumers, keys
from portal.activities.announce import announce
from portal.activities.models import Session, StepRun
from portal.activities.services import sessions, steps
from portal.activities.tests.conftest import Person
from portal.activities.tests.host import Host
from portal.live import streams
from portal.live.connection import connect
from portal.live.tests.client import Client, eventually
from portal.runner.services import clusters

pytestmark = pytest.mark.django_db(transaction=True)

Visit = Callable[..., Client]


def login(user: AbstractUser) -> Browser:
    """A browser in which somebody has logged in."""
    browser = Browser()
    browser.force_login(user)  # type: ignore[arg-type]
    return browser


@pytest.fixture
def visit(ready: Session, student: AbstractUser) -> Visit:
    """Makes a client of the session's page: its student's, unless told otherwise."""
    application = get_default_application()

    own = login(student)

    def make(
        user: AbstractUser | None = student,
        *,
        session_id: str = "",
        origin: str | None = "http://localhost",
        browser: Browser | None = None,
    ) -> Client:
        headers = [(b"host", b"localhost")]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        if user is not None:
            cookie = (browser or own).cookies["sessionid"].value
            headers.append((b"cookie", f"sessionid={cookie}".encode()))
        return Client(application, f"/ws/s/{session_id or ready.pk}/", headers)

    return make


async def in_database(work: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Do something as a request or a worker would."""
    return await database_sync_to_async(work)(*arguments, **named)


async def append(key: str, first: int, last: int, text: str = "") -> None:
    """Append numbered entries, as the relay does."""
    entries = [
        (number, {"at": 0, "process": "mids", "text": text}) for number in range(first, last + 1)
    ]
    await asyncio.to_thread(streams.append, key, entries)


# Who gets in


async def test_the_student_is_let_in_and_told_the_state(visit: Visit, ready: Session) -> None:
    async with visit() as client:
        message = await client.next()
    assert message["type"] == "state"
    assert message["revision"] == ready.revision
    assert message["topics"] == {"events": [0]}


async def test_nobody_gets_in_without_a_login(visit: Visit) -> None:
    assert not await visit(None).connect()


async def test_a_foreign_session_is_as_one_that_is_not_there(
    visit: Visit, person: Person, ready: Session
) -> None:
    other = await in_database(person, "other")
    browser = await in_database(login, other)
    foreign = visit(other, browser=browser)
    missing = visit(other, browser=browser, session_id="nosuchsess")
    answers = []
    for client in (foreign, missing):
        await client.peer.send_input({"type": "websocket.connect"})
        answers.append(await client.peer.receive_output(5))
    assert answers[0] == answers[1]
    assert answers[0]["type"] == "websocket.close"


@pytest.mark.parametrize("role", ["instructor", "admin"])
async def test_whoever_may_watch_is_let_in(visit: Visit, person: Person, role: str) -> None:
    watcher = await in_database(person, role)
    async with visit(watcher, browser=await in_database(login, watcher)) as client:
        assert (await client.next())["type"] == "state"


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost.evil.example", "null", "http://localhost:9999"],
)
async def test_a_page_of_another_site_is_refused(visit: Visit, origin: str) -> None:
    assert not await visit(origin=origin).connect()


# Who is sent away


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sockets ask more often than they do for people."""
    monkeypatch.setattr(consumers, "WATCH_SECONDS", 0.02)


Change = Callable[[AbstractUser, Browser], Any]


def log_out(user: AbstractUser, browser: Browser) -> None:
    """As the button does."""
    browser.logout()


def change_password(user: AbstractUser, browser: Browser) -> None:
    """Elsewhere, by somebody who found out."""
    user.set_password("another")
    user.save(update_fields=["password"])


def deactivate(user: AbstractUser, browser: Browser) -> None:
    """An admin takes the login away."""
    user.is_active = False
    user.save(update_fields=["is_active"])


@pytest.mark.parametrize("change", [log_out, change_password, deactivate])
@pytest.mark.usefixtures("brisk")
async def test_a_socket_closes_soon_after_its_login_ends(
    visit: Visit, student: AbstractUser, change: Change
) -> None:
    browser = await in_database(login, student)
    async with visit(browser=browser) as client:
        await client.next()
        await in_database(change, student, browser)
        assert await client.close_code() == 4404


@pytest.mark.parametrize("change", [log_out, change_password, deactivate])
async def test_nothing_is_told_after_a_login_has_ended(
    visit: Visit, student: AbstractUser, ready: Session, change: Change
) -> None:
    browser = await in_database(login, student)
    async with visit(browser=browser) as client:
        await client.next()
        await in_database(change, student, browser)
        await in_database(ready.change)
        output = await client.peer.receive_output(5)
        assert (output["type"], output["code"]) == ("websocket.close", 4404)


@pytest.mark.usefixtures("brisk")
async def test_an_instructor_who_is_none_any_more_is_sent_away(
    visit: Visit, person: Person
) -> None:
    instructor = await in_database(person, "instructor")
    async with visit(instructor, browser=await in_database(login, instructor)) as client:
        await client.next()
        permission = await in_database(Permission.objects.get, codename="watch_session")
        await in_database(instructor.user_permissions.remove, permission)
        assert await client.close_code() == 4404


@pytest.mark.usefixtures("brisk")
async def test_a_session_that_is_deleted_sends_everybody_away(visit: Visit, ready: Session) -> None:
    async with visit() as client:
        await client.next()
        await in_database(ready.delete)
        assert await client.close_code() == 4404


# What may be followed


@pytest.mark.parametrize("service", ["kafka", "mids"])
async def test_a_services_log_is_followed(visit: Visit, ready: Session, service: str) -> None:
    key = keys.log_key(ready, service)
    await append(key, 1, 3, "said")
    async with visit() as client:
        await client.follow(f"log:{service}")
        message = await client.next_of("entries", f"log:{service}")
        assert [(each["n"], each["text"]) for each in message["entries"]] == [
            (1, "said"),
            (2, "said"),
            (3, "said"),
        ]
        assert message["gap"] == 0
        await append(key, 4, 4)
        assert await client.numbers(f"log:{service}", 4) == [4]


async def test_a_page_that_comes_back_misses_nothing_and_gets_nothing_twice(
    visit: Visit, ready: Session
) -> None:
    key = keys.log_key(ready, "mids")
    seen: list[int] = []
    for last in (10, 25, 40):
        async with visit() as client:
            await client.follow("log:mids", seen[-1] if seen else 0)
            await append(key, last - 9, last - 5)
            await append(key, last - 4, last)
            seen += await client.numbers("log:mids", last)
        await append(key, last + 1, last + 5)
    assert seen == list(range(1, 41))


async def test_a_burst_arrives_complete_in_order_and_once(visit: Visit, ready: Session) -> None:
    key = keys.log_key(ready, "mids")
    async with visit() as client, visit() as late:
        await client.follow("log:mids")
        for first in range(1, 20_001, 500):
            await append(key, first, first + 499, "a line of ordinary length, more or less")
        await late.follow("log:mids", 12_345)
        assert await client.numbers("log:mids", 20_000) == list(range(1, 20_001))
        assert await late.numbers("log:mids", 20_000) == list(range(12_346, 20_001))


async def test_a_steps_output_is_followed(visit: Visit, ready: Session) -> None:
    run = await in_database(lambda: ready.runs.get(step_id="cluster"))
    async with visit() as client:
        await client.follow(f"step:{run.pk}")
        message = await client.next_of("entries", f"step:{run.pk}")
    assert message["entries"][0]["text"].startswith("kafka is up")


async def test_following_a_topic_says_that_it_is_wanted(visit: Visit, ready: Session) -> None:
    assert keys.wanted_topics(ready) == []
    async with visit() as client:
        await client.follow("topic:events:0")
        await eventually(lambda: keys.wanted_topics(ready) == ["events"])


async def test_a_topic_that_is_deleted_is_followed_on_until_it_is_made_again(
    visit: Visit, ready: Session
) -> None:
    """Though pages offer it no more meanwhile: nobody else would see that it is there again."""

    def made(*names: str) -> None:
        keys.set_topics(ready, [{"name": each, "is_internal": False} for each in names])

    def gone() -> None:
        made()
        keys.set_condition(ready, "mine", "deleted")
        connect().delete(keys.wanted_key(ready))

    def again() -> None:
        made("mine")
        keys.set_incarnation(ready, "mine", keys.Incarnation(1, "another"))
        keys.set_condition(ready, "mine", "following")
        announce(ready.pk)

    await in_database(made, "mine")
    async with visit() as client:
        await client.follow("topic:mine:0")
        await eventually(lambda: keys.wanted_topics(ready) == ["mine"])
        await in_database(gone)
        await in_database(announce, ready.pk)
        await eventually(lambda: keys.wanted_topics(ready) == ["mine"])
        await in_database(again)
        await client.next_of("restart", "topic:mine:0")
        await append(keys.topic_key(ready, "mine", 0), 1, 1, "new")
        message = await client.next_of("entries", "topic:mine:0")
        assert message["entries"][0]["text"] == "new"


@pytest.mark.parametrize(
    "stream",
    [
        "log:none",
        "log:kafka:x",
        "topic:secrets:0",
        "topic:events",
        "topic:events:x",
        "step:0",
        "step:x",
        "step:99999999999999999999999999",
        "session:1",
        "constructor:prototype",
    ],
)
async def test_a_stream_that_the_session_has_not_is_refused(visit: Visit, stream: str) -> None:
    async with visit() as client:
        await client.follow(stream)
        message = await client.next_of("refused", stream)
    assert message["message"] == "There is no such stream."


async def test_a_step_of_another_session_is_refused(
    visit: Visit, ready: Session, person: Person
) -> None:
    def foreign_run() -> StepRun:
        other, _ = sessions.launch(person("other").pk, ready.version)
        return StepRun.objects.create(session=other, generation=1, step_id="topic")

    run = await in_database(foreign_run)
    async with visit() as client:
        await client.follow(f"step:{run.pk}")
        assert await client.next_of("refused", f"step:{run.pk}")


async def test_hostile_text_comes_as_the_text_that_it_is(visit: Visit, ready: Session) -> None:
    hostile = "<script>alert(1)</script>\u202e\x1b]52;c;x\x07\uffff"
    await append(keys.log_key(ready, "mids"), 1, 1, hostile + "\ud800")
    async with visit() as client:
        await client.follow("log:mids")
        message = await client.next_of("entries", "log:mids")
    assert message["entries"][0]["text"] == hostile + "?"


# What is told


async def test_every_change_is_told(visit: Visit, ready: Session) -> None:
    async with visit() as client, visit() as second:
        await client.next()
        await second.next()
        before = ready.revision
        await in_database(ready.change, is_warned=True)
        for each in (client, second):
            assert (await each.next_of("state"))["revision"] == before + 1


async def test_a_click_and_its_run_are_told(visit: Visit, ready: Session, host: Host) -> None:
    async with visit() as client:
        told = (await client.next())["revision"]
        await in_database(lambda: steps.request(ready, ready.spec.step("topic"), {}))
        assert (await client.next_of("state"))["revision"] > told


async def test_changes_of_other_sessions_are_not_told(
    visit: Visit, ready: Session, person: Person
) -> None:
    def change_another() -> None:
        other, _ = sessions.launch(person("other").pk, ready.version)
        other.change(is_warned=True)

    async with visit() as client:
        await client.next()
        await in_database(change_another)
        assert await client.is_quiet(0.1)


async def test_after_a_reset_a_page_is_sent_the_new_clusters_log(
    visit: Visit, ready: Session, host: Host
) -> None:
    def reset() -> None:
        sessions.reset(ready)
        assert clusters.bring_down(ready.pk)
        clusters.bring_up(ready.pk)
        ready.refresh_from_db()

    await append(keys.log_key(ready, "mids"), 1, 50, "old")
    run = await in_database(lambda: ready.runs.get(step_id="cluster"))
    async with visit() as client:
        await client.follow("log:mids")
        await client.follow(f"step:{run.pk}")
        assert await client.numbers("log:mids", 50) == list(range(1, 51))
        await in_database(reset)
        await client.next_of("restart", "log:mids")
        await append(keys.log_key(ready, "mids"), 1, 3, "new")
        message = await client.next_of("entries", "log:mids")
        assert {each["text"] for each in message["entries"]} == {"new"}
        assert message["entries"][0]["n"] == 1


async def test_a_page_that_was_away_during_a_reset_begins_anew(
    visit: Visit, ready: Session, host: Host
) -> None:
    """Its cursor is of the cluster before, and would hide the new one's first lines."""

    def reset() -> None:
        sessions.reset(ready)
        assert clusters.bring_down(ready.pk)
        clusters.bring_up(ready.pk)
        ready.refresh_from_db()

    await append(keys.log_key(ready, "mids"), 1, 50, "old")
    async with visit() as client:
        await client.follow("log:mids")
        epoch = (await client.next_of("entries", "log:mids"))["epoch"]
    await in_database(reset)
    await append(keys.log_key(ready, "mids"), 1, 3, "new")
    async with visit() as client:
        await client.follow("log:mids", 50, epoch=epoch)
        await client.next_of("restart", "log:mids")
        assert await client.numbers("log:mids", 3) == [1, 2, 3]


# What the page tells


async def test_using_the_page_keeps_the_session(visit: Visit, ready: Session) -> None:
    await in_database(ready.change, is_warned=True)
    async with visit() as client:
        await client.send(type="active")
        while (await client.next_of("state"))["revision"] <= ready.revision:
            pass
    await in_database(ready.refresh_from_db)
    assert not ready.is_warned


async def test_a_page_in_view_or_not_is_no_use_by_itself(visit: Visit, ready: Session) -> None:
    async with visit() as client:
        await client.next()
        await client.send(type="hidden")
        await client.send(type="visible")
        assert await client.is_quiet()


async def test_a_watching_instructor_does_not_keep_a_session(
    visit: Visit, ready: Session, person: Person, brisk: None
) -> None:
    instructor = await in_database(person, "instructor")
    before = ready.last_watched_at
    async with visit(instructor, browser=await in_database(login, instructor)) as client:
        await client.next()
        await client.send(type="active")
        assert await client.is_quiet(0.2)
    await in_database(ready.refresh_from_db)
    assert ready.last_watched_at == before


async def test_an_open_page_of_the_student_keeps_a_session_from_being_an_orphan(
    visit: Visit, ready: Session, brisk: None
) -> None:
    before = ready.last_watched_at

    async def is_noted() -> bool:
        await in_database(ready.refresh_from_db)
        return ready.last_watched_at > before

    async with visit():
        await until(is_noted)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """As `eventually`, for a condition that has to be awaited."""
    async with asyncio.timeout(10):
        while not await condition():
            await asyncio.sleep(0.005)


# A client that does not read


async def test_a_client_that_does_not_read_costs_no_memory_while_much_changes(
    visit: Visit, ready: Session
) -> None:
    room = asyncio.Event()
    taken: list[str] = []
    client = visit()
    incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "websocket.send":
            taken.append(message["text"])
            await room.wait()

    serving = asyncio.create_task(client.peer.application(client.peer.scope, incoming.get, send))
    await incoming.put({"type": "websocket.connect"})
    await eventually(lambda: taken)  # The first state; nothing more is taken.
    await incoming.put(
        {"type": "websocket.receive", "text": '{"type":"follow","stream":"log:mids"}'}
    )
    key = keys.log_key(ready, "mids")
    async with visit() as reading:
        await reading.follow("log:mids")
        for number in range(1, 301):
            await append(key, number, number, "x" * 1000)
            if number % 10 == 0:
                await in_database(ready.change)
        assert await reading.numbers("log:mids", 300) == list(range(1, 301))
    await eventually(lambda: max(waiting_in_layer()) == 0)
    assert len(taken) <= 2
    room.set()
    await eventually(lambda: any('"n":300' in text for text in taken))
    await incoming.put({"type": "websocket.disconnect", "code": 1000})
    await serving


def waiting_in_layer() -> list[int]:
    """How many messages wait for each of this loop's channels."""
    from channels.layers import get_channel_layer

    layer: Any = get_channel_layer()
    return [queue.qsize() for queue in layer._get_layer().channels.values()] or [0]


async def test_a_page_that_unfollows_while_it_is_looked_at_still_hears_of_changes(
    visit: Visit, ready: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = consumers.SessionConsumer._key_of

    def unfollowing(self: consumers.SessionConsumer, stream: str) -> str | None:
        if len(self.followed) > 1:
            self.followed.pop("log:mids", None)
        return asked(self, stream)

    async with visit() as page:
        await page.next_of("state")
        await page.follow("log:mids")
        await page.follow("log:kafka")
        monkeypatch.setattr(consumers.SessionConsumer, "_key_of", unfollowing)
        for _ in range(3):
            await in_database(ready.change)
            told = await page.next_of("state")
            assert told["revision"] == ready.revision


async def test_a_loop_that_fails_ends_the_socket_so_that_the_page_comes_back(
    visit: Visit, ready: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(self: consumers.SessionConsumer) -> dict[str, Any]:
        raise RuntimeError("unforeseen")

    async with visit() as page:
        await page.next_of("state")
        monkeypatch.setattr(consumers.SessionConsumer, "_topics", failing)
        await in_database(ready.change)
        assert await page.close_code() == 1013
