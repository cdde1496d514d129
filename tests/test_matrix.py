"""Who may open what: every address and socket, with every verb, as everybody.

The addresses come from the URL configuration itself, so a new one is here without being asked. One
that PUBLIC, STUDENT, INSTRUCTOR or ADMIN below doesn't name must let nobody in: to add a page is to
say here for whom it is.
"""

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.activities import orders
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.activities.tests import access
from portal.asgi import websocket_urlpatterns
from portal.catalog import services as catalog
from portal.classroom.models import Class, Hint, RaisedHand, Staff, User
from portal.classroom.roles import grant
from portal.classroom.services import joining, make_person
from portal.live.connection import connect

VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
DENIED = {401, 403, 404, 405}
STAFF = ("teacher", "deputy", "assistant", "grader")
ROLES = ("nobody", "stranger", "owner", "author", "colleague", *STAFF, "boss")
"""nobody has no login; stranger and owner are students, the session is owner's; teacher owns the
class that owner is in, deputy is its instructor, assistant and grader are students who help in it,
the one without and the other with its grades; colleague teaches others; author is a student who
writes labs; boss is an admin."""

EVERYBODY = frozenset(ROLES)
LOGGED_IN = EVERYBODY - {"nobody"}
OWNER = frozenset({"owner"})
HELPERS = frozenset({*STAFF, "boss"})
VIEWERS = HELPERS | OWNER
GRADERS = HELPERS - {"assistant"}
MANAGERS = frozenset({"teacher", "deputy", "boss"})
OWNERS = frozenset({"teacher", "boss"})
TEACHERS = MANAGERS | {"colleague"}
WATCHERS = HELPERS | {"colleague"}
BOSS = frozenset({"boss"})
AUTHORS = frozenset({"author", "boss"})
NOBODY: frozenset[str] = frozenset()
OF_SESSIONS = {access.ANYBODY: LOGGED_IN, access.WATCHERS: VIEWERS, access.OWNER: OWNER}
"""Who the groups of the table of sessions' addresses are here."""

PUBLIC = {"login", "logout", "password_reset_confirm", "password_reset_complete"}
PUBLIC |= {"catalog:schema", "classroom:guest", "oidc_login", "oidc_done"}
PUBLIC |= {"password_reset", "password_reset_done", "healthz", "livez", "readyz"}
STUDENT = {"catalog:index", "catalog:lab", "password_change", "password_change_done"}
STUDENT |= {"oidc_connect", "oidc_disconnect"}
STUDENT |= {"classroom:my_data", "classroom:my_data_zip", "classroom:erase_me"}
STUDENT |= {
    "classroom:time_zone",
    "classroom:mail_me",
    "classroom:leave_elsewhere",
    "classroom:tour",
    "classroom:mine",
    "classroom:index",
    "classroom:join",
    "classroom:join_by_link",
}
TEACHING = {"classroom:create"}
WATCHING = {"classroom:queue", "classroom:queue_live", "classroom:claim"}
WATCHING |= {"insights:board", "insights:board_rows", "insights:hint"}
OF_AUTHORS = {"index", "app_list", "jsi18n", "password_change", "password_change_done", "None"}
OF_AUTHORS |= {"autocomplete", "view_on_site"}
"""Of the admin; what of it is their own is below."""
OF_WRITING = {"classroom:try_version", "classroom:take_home"}
OF_WRITING |= {f"catalog:{name}" for name in ("drafting", "edit", "save", "check", "add_picture")}
OWN = {"raise_hand", "put_away"}
SEEN = {"history", "lower_hand"}
HOSTS = {"hosts", "hosts_live", "prepare_host", "drain_host", "forget_host"}
OF_CLASS = {
    **dict.fromkeys(("overview", "live", "act", "broadcast", "hint_group", "drill"), HELPERS),
    **dict.fromkeys(("progress", "grades", "export_grades", "grade"), GRADERS),
    **dict.fromkeys(("copy",), MANAGERS),
    **dict.fromkeys(("archive", "delete"), OWNERS),
    **dict.fromkeys(("labs", "add_lab", "assignment", "move_lab", "remove_lab"), MANAGERS),
    **dict.fromkeys(("extend_deadline", "bulk", "mail_links", "change_member"), MANAGERS),
    **dict.fromkeys(("student", "note", "unnote", "hints"), HELPERS),
    **dict.fromkeys(("people", "settings", "make_code", "withdraw_code", "roster"), MANAGERS),
    **dict.fromkeys(("links", "remove_member", "put_back", "renew_password"), MANAGERS),
    **dict.fromkeys(("appoint", "dismiss"), MANAGERS),
    **dict.fromkeys(("add_meeting", "meeting", "remove_meeting"), MANAGERS),
}
"""Who may open what of a class; `act` lets nobody do more than their role may, see below."""


@dataclass(frozen=True, slots=True)
class Address:
    """One named address, filled in."""

    name: str
    path: str


def addresses(
    patterns: list[Any], filling: dict[str, Any], prefix: str = "", space: str = ""
) -> Iterator[Address]:
    """Every address of the URL configuration."""
    for each in patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from addresses(each.url_patterns, filling, route, inner)
        elif isinstance(each, URLPattern):
            yield Address(f"{space}{each.name}", "/" + fill(route, filling))


def fill(route: str, filling: dict[str, Any]) -> str:
    """A route with something that exists in each place."""
    import re

    plain = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(filling[found[1]]), route)
    return re.sub(r"\(\?P<\w+>[^)]*\)|[\^$]", "x", plain).replace("\\", "")


def allowed(address: Address) -> frozenset[str]:
    """For whom an address is, with any verb. What isn't listed is for nobody."""
    space, _, name = address.name.rpartition(":")
    if address.name in PUBLIC:
        return EVERYBODY
    if address.name in STUDENT:
        return LOGGED_IN
    if space == "activities":
        return OF_SESSIONS[access.ROUTES[name][1]] if name in access.ROUTES else NOBODY
    if address.name == "metrics":
        return BOSS | {"nobody"}  # To this machine's own programs, which the client here counts as.
    if space == "admin":
        # Its own login page; what it shows it keeps to admins, which other tests look at.
        if name in ("login", "logout"):
            return EVERYBODY
        return AUTHORS if name in OF_AUTHORS or name.startswith("catalog_") else BOSS
    if address.name in TEACHING:
        return TEACHERS
    if address.name in WATCHING:
        return WATCHERS
    if address.name in OF_WRITING:
        return AUTHORS
    if space == "classroom":
        if name in HOSTS:
            return BOSS
        if name in OF_CLASS:
            return OF_CLASS[name]
        return (
            OWNER
            if name in OWN
            else VIEWERS
            if name in SEEN
            else HELPERS
            if name == "leave_hint"
            else NOBODY
        )
    if address.path.startswith("/s/"):
        return VIEWERS
    return NOBODY


@dataclass(slots=True)
class World:
    """What the addresses are about."""

    people: dict[str, User]
    session: Session
    filling: dict[str, Any]


@pytest.fixture
def world(db: None, monkeypatch: pytest.MonkeyPatch) -> World:
    """A class with a teacher and a student who has a session; strangers to both."""
    if keys := list(connect().scan_iter("limit:*")):
        connect().delete(*keys)
    monkeypatch.setattr(orders, "enqueue", lambda *args: None)
    roles = dict.fromkeys(("stranger", "owner", "author", "assistant", "grader"), "student")
    roles |= dict.fromkeys(("colleague", "teacher", "deputy"), "instructor") | {"boss": "admin"}
    people = {name: make_person(name, User.Role(role), "x") for name, role in roles.items()}
    people["author"].is_author = True
    people["author"].save()
    grant(people["author"], User.Role.STUDENT)
    version = catalog.store(catalog.read_folder(Path(settings.LABS_DIR) / "week10"))[0]
    klass = Class.objects.create(name="Monday", lab=version.lab)
    klass.add_staff(people["teacher"], Staff.Role.OWNER)
    klass.add_staff(people["deputy"], Staff.Role.INSTRUCTOR)
    klass.add_staff(people["assistant"], Staff.Role.ASSISTANT)
    klass.add_staff(people["grader"], Staff.Role.ASSISTANT)
    klass.staffing.filter(user=people["grader"]).update(may_grade=True)
    klass.memberships.create(user=people["owner"], made_account=True)
    session, _ = sessions.launch(people["owner"].pk, version)
    hand = RaisedHand.objects.create(session=session)
    hint = Hint.objects.create(session=session, text="x")
    given = klass.assignments.create(lab=version.lab)
    day = {"on": date(2026, 10, 19), "ready_at": time(9), "begins_at": time(9), "ends_at": time(10)}
    meeting = klass.meetings.create(lab=version.lab, **day)
    code = joining.make_code(klass, hours=1)
    filling = {
        "session_id": session.pk,
        "step_id": "topic",
        "class_id": klass.pk,
        "code_id": code.pk,
        "assignment_id": given.pk,
        "meeting_id": meeting.pk,
        "form": "canvas",
        "user_id": people["owner"].pk,
        "hint_id": hint.pk,
        "hand_id": hand.pk,
        "version_id": version.pk,
        "code": "NONESUCH",
        "name": "week10",
        "deed": "retire",
        "uidb64": "x",
        "token": "x",
    }
    return World(people, session, _Filling(filling))


class _Filling(dict[str, Any]):
    """What no fixture knows is filled with a number: the address is then of nothing."""

    def __missing__(self, key: str) -> str:
        return "1"


def browser_of(world: World, role: str) -> Client:
    """What somebody uses, logged in."""
    client = Client(raise_request_exception=False)
    if role != "nobody":
        client.force_login(world.people[role])
    return client


def answers(client: Client, address: Address, verbs: tuple[str, ...] = VERBS) -> dict[str, int]:
    """The status of each verb, of which nothing stays, a lost login neither.

    A redirect to a login is no entry.
    """
    found, cookies = {}, copy.deepcopy(client.cookies)
    with transaction.atomic():
        for verb in verbs:
            answer = client.generic(verb, address.path)
            kind = answer.headers.get("Content-Type", "")
            assert not kind.startswith("text/") or "charset=" in kind, (address, kind)
            is_sent_away = answer.status_code == 302 and "login" in answer.headers["Location"]
            found[verb] = 401 if is_sent_away else answer.status_code
        transaction.set_rollback(True)
    client.cookies = cookies
    return found


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gets_in_where_the_matrix_does_not_say_so(world: World, role: str) -> None:
    """Every address, every verb, denied by default; and nothing breaks with a 500."""
    wrong = []
    found = list(addresses(get_resolver().url_patterns, world.filling))
    assert len(found) > 100
    client = browser_of(world, role)
    for address in found:
        if address.name in (
            "logout",
            "admin:logout",
            "classroom:remove_member",
            "classroom:dismiss",
            "classroom:remove_lab",
            "classroom:archive",
        ):
            continue  # These would end what the others need; they have tests of their own.
        if address.name == "classroom:act":
            continue  # It says 404 without a deed, and asks another right for each: see below.
        if address.name == "readyz":
            continue  # It says 503 here, where no runner has reported.
        for verb, status in answers(client, address).items():
            if address.name.endswith("_history") and status == 302:
                continue  # What isn't there: the admin says so before it asks who it is.
            may = role in allowed(address)
            if status >= 500 or (status not in DENIED and not may):
                wrong.append(f"{verb} {address.path} ({address.name}) as {role}: {status}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_whoever_the_matrix_names_gets_in(world: World, role: str) -> None:
    """A matrix that denies everybody everything would be of no use."""
    client = browser_of(world, role)
    for address in addresses(get_resolver().url_patterns, world.filling):
        space = address.name.rpartition(":")[0]
        if (
            role not in allowed(address)
            or space == "admin"
            or address.name in ("logout", "classroom:guest")
        ):
            continue
        statuses = answers(client, address, ("GET",))
        assert statuses["GET"] != 401, (address, statuses)


@pytest.mark.parametrize("role", ROLES)
def test_a_session_and_a_class_are_seen_by_their_own(world: World, role: str) -> None:
    """The rows that matter most, exactly."""
    klass = world.filling["class_id"]
    client = browser_of(world, role)
    for path, people in (
        (f"/s/{world.session.pk}/", VIEWERS),
        (f"/s/{world.session.pk}/history/", VIEWERS),
        (f"/classes/{klass}/", HELPERS),
        (f"/classes/{klass}/progress.csv", GRADERS),
        (f"/classes/{klass}/people/", MANAGERS),
        (f"/classes/{klass}/settings/", MANAGERS),
        ("/hosts/", BOSS),
        ("/hosts/live/", BOSS),
        (f"/s/{world.session.pk}/home.zip", VIEWERS),
        ("/labs/week10/home.zip", LOGGED_IN),
        (f"/labs/versions/{world.filling['version_id']}/home.zip", AUTHORS),
        ("/admin/", AUTHORS),
        ("/labs/drafts/", AUTHORS),
        (f"/labs/versions/{world.filling['version_id']}/edit/", AUTHORS),
        ("/admin/catalog/labversion/add/", NOBODY),
        ("/admin/classroom/user/", BOSS),
        ("/admin/classroom/auditentry/", BOSS),
        ("/admin/catalog/lab/import/", AUTHORS),
    ):
        status = answers(client, Address("", path), ("GET",))["GET"]
        assert (status == 200) is (role in people), (path, status)
        if path.startswith("/s/") and role not in ("nobody", *people):
            gone = answers(client, Address("", "/s/nonesuch22/"), ("GET",))["GET"]
            assert status == gone == 404  # The same as one that isn't there.


@pytest.mark.parametrize("role", ROLES)
def test_each_deed_to_sessions_is_for_those_who_have_its_right(world: World, role: str) -> None:
    client = browser_of(world, role)
    address = f"/classes/{world.filling['class_id']}/act/"
    for verb, people in (("extend", HELPERS), ("reset", MANAGERS), ("stop", MANAGERS)):
        answer = client.post(address, {"verb": verb})
        is_done = answer.status_code == 302 and "login" not in answer.headers["Location"]
        assert is_done is (role in people), (verb, answer.status_code)


SOCKETS = {
    "ws/s/<slug:session_id>/": VIEWERS,
    "ws/s/<slug:session_id>/terminals/": VIEWERS,
    "ws/classes/<int:class_id>/": HELPERS,
}


def test_every_socket_is_in_the_matrix() -> None:
    assert {str(each.pattern) for each in websocket_urlpatterns} == set(SOCKETS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ROLES)
async def test_a_socket_opens_for_those_the_matrix_names(world: World, role: str) -> None:
    from channels.db import database_sync_to_async

    login = await database_sync_to_async(stored_login)(world.people.get(role))
    opened = {route for route in SOCKETS if await opens(fill(route, world.filling), login)}
    assert opened == {route for route, people in SOCKETS.items() if role in people}


async def opens(path: str, login: Any) -> bool:
    """Whether a socket lets a browser with such a login in."""
    from channels.routing import URLRouter

    scope = {
        "type": "websocket",
        "path": f"/{path}",
        "query_string": b"",
        "headers": [],
        "session": login,
    }
    socket = ApplicationCommunicator(URLRouter(websocket_urlpatterns), scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(timeout=10)
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait()
    return bool(answer["type"] == "websocket.accept")


def stored_login(user: User | None) -> Any:
    """A browser's login, as the server keeps it."""
    from django.contrib.sessions.backends.db import SessionStore

    client = Client()
    if user is None:
        return SessionStore()
    client.force_login(user)
    return SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
