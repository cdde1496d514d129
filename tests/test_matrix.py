"""Who may open what: every address and socket, with every verb, as everybody.

The addresses come from the URL configuration itself, so a new one is here without being asked. One
that PUBLIC, STUDENT, INSTRUCTOR or ADMIN below doesn't name must let nobody in: to add a page is to
say here for whom it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from portal.activities import tasks
from portal.activities.models import Session
from portal.activities.services import sessions
from portal.asgi import websocket_urlpatterns
from portal.catalog import services as catalog
from portal.classroom.models import Class, Hint, User
from portal.classroom.services import joining, make_person
from portal.live.connection import connect

VERBS = ("GET", "POST", "PUT", "DELETE", "PATCH")
DENIED = {401, 403, 404, 405}
ROLES = ("nobody", "stranger", "owner", "colleague", "teacher", "boss")
"""nobody has no login; stranger and owner are students, the session is owner's; teacher teaches
owner and colleague teaches others; boss is an admin."""

EVERYBODY = frozenset(ROLES)
LOGGED_IN = EVERYBODY - {"nobody"}
OWNER = frozenset({"owner"})
VIEWERS = frozenset({"owner", "teacher", "boss"})
HELPERS = frozenset({"teacher", "boss"})
TEACHERS = frozenset({"colleague", "teacher", "boss"})
BOSS = frozenset({"boss"})
NOBODY: frozenset[str] = frozenset()

PUBLIC = {"login", "logout", "password_reset_confirm", "password_reset_complete"}
PUBLIC |= {"catalog:schema", "classroom:guest", "oidc_login", "oidc_done"}
PUBLIC |= {"password_reset", "password_reset_done", "healthz"}
STUDENT = {"catalog:index", "catalog:lab", "activities:launch", "activities:mine"}
STUDENT |= {"password_change", "password_change_done", "activities:home_of_lab"}
STUDENT |= {"oidc_connect", "oidc_disconnect"}
STUDENT |= {"classroom:index", "classroom:join", "classroom:join_by_link"}
TEACHING = {"classroom:create", "insights:board", "insights:board_rows", "insights:hint"}
OWN = {"raise_hand", "put_away"}
SEEN = {"history", "lower_hand"}
HOSTS = {"hosts", "hosts_live", "prepare_host", "forget_host"}
TAUGHT = {"overview", "live", "progress", "act", "broadcast", "people", "add_instructor"}
TAUGHT |= {
    "hint_group",
    "make_code",
    "withdraw_code",
    "roster",
    "links",
    "remove_member",
    "renew_password",
}


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
    if space == "admin":
        # Its own login page; what it shows it keeps to admins, which other tests look at.
        return EVERYBODY if name in ("login", "logout") else BOSS
    if address.name in TEACHING:
        return TEACHERS
    if address.name in ("classroom:try_version", "classroom:take_home"):
        return BOSS
    if space == "classroom":
        if name in HOSTS:
            return BOSS
        if name in TAUGHT:
            return HELPERS
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
    monkeypatch.setattr(tasks, "enqueue", lambda *args: None)
    monkeypatch.setattr("portal.classroom.views.authoring.enqueue", lambda *args: None)
    roles = {"stranger": "student", "owner": "student", "colleague": "instructor"}
    roles |= {"teacher": "instructor", "boss": "admin"}
    people = {name: make_person(name, User.Role(role), "x") for name, role in roles.items()}
    version = catalog.load_folder(Path(settings.LABS_DIR) / "week10")
    klass = Class.objects.create(name="Monday", lab=version.lab)
    klass.instructors.add(people["teacher"])
    klass.memberships.create(user=people["owner"], made_account=True)
    session, _ = sessions.launch(people["owner"].pk, version)
    hint = Hint.objects.create(session=session, text="x")
    code = joining.make_code(klass, hours=1)
    filling = {
        "session_id": session.pk,
        "step_id": "topic",
        "class_id": klass.pk,
        "code_id": code.pk,
        "user_id": people["owner"].pk,
        "hint_id": hint.pk,
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


def answers(world: World, role: str, address: Address) -> dict[str, int]:
    """The status of each verb. A redirect to a login is no entry."""
    client = Client(raise_request_exception=False)
    if role != "nobody":
        client.force_login(world.people[role])
    found = {}
    for verb in VERBS:
        answer = client.generic(verb, address.path)
        is_sent_away = answer.status_code == 302 and "login" in answer.headers["Location"]
        found[verb] = 401 if is_sent_away else answer.status_code
    return found


@pytest.mark.parametrize("role", ROLES)
def test_nobody_gets_in_where_the_matrix_does_not_say_so(world: World, role: str) -> None:
    """Every address, every verb, denied by default; and nothing breaks with a 500."""
    wrong = []
    found = list(addresses(get_resolver().url_patterns, world.filling))
    assert len(found) > 100
    for address in found:
        if address.name in ("logout", "admin:logout", "classroom:remove_member"):
            continue  # These would end what the others need; they have tests of their own.
        for verb, status in answers(world, role, address).items():
            may = role in allowed(address)
            if status >= 500 or (status not in DENIED and not may):
                wrong.append(f"{verb} {address.path} ({address.name}) as {role}: {status}")
    assert wrong == []


@pytest.mark.parametrize("role", ROLES)
def test_whoever_the_matrix_names_gets_in(world: World, role: str) -> None:
    """A matrix that denies everybody everything would be of no use."""
    for address in addresses(get_resolver().url_patterns, world.filling):
        space = address.name.rpartition(":")[0]
        if (
            role not in allowed(address)
            or space == "admin"
            or address.name in ("logout", "classroom:guest")
        ):
            continue
        statuses = answers(world, role, address)
        assert statuses["GET"] != 401, (address, statuses)


@pytest.mark.parametrize("role", ROLES)
def test_a_session_and_a_class_are_seen_by_their_own(world: World, role: str) -> None:
    """The rows that matter most, exactly."""
    klass = world.filling["class_id"]
    for path, people in (
        (f"/s/{world.session.pk}/", VIEWERS),
        (f"/s/{world.session.pk}/history/", VIEWERS),
        (f"/classes/{klass}/", HELPERS),
        (f"/classes/{klass}/progress.csv", HELPERS),
        ("/hosts/", BOSS),
        ("/hosts/live/", BOSS),
        (f"/s/{world.session.pk}/home.zip", VIEWERS),
        ("/labs/week10/home.zip", LOGGED_IN),
        (f"/labs/versions/{world.filling['version_id']}/home.zip", BOSS),
        ("/admin/", BOSS),
        ("/admin/classroom/auditentry/", BOSS),
        ("/admin/catalog/lab/import/", BOSS),
    ):
        status = answers(world, role, Address("", path))["GET"]
        assert (status == 200) is (role in people), (path, status)
        if path.startswith("/s/") and role not in ("nobody", *people):
            gone = answers(world, role, Address("", "/s/nonesuch22/"))["GET"]
            assert status == gone == 404  # The same as one that isn't there.


SOCKETS = {"ws/s/<slug:session_id>/": VIEWERS, "ws/classes/<int:class_id>/": HELPERS}


def test_every_socket_is_in_the_matrix() -> None:
    assert {str(each.pattern) for each in websocket_urlpatterns} == set(SOCKETS)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", SOCKETS)
async def test_a_socket_opens_for_those_the_matrix_names(
    world: World, role: str, route: str
) -> None:
    from channels.db import database_sync_to_async
    from channels.routing import URLRouter

    scope = {
        "type": "websocket",
        "path": "/" + fill(route, world.filling),
        "query_string": b"",
        "headers": [],
        "session": await database_sync_to_async(stored_login)(world.people.get(role)),
    }
    socket = ApplicationCommunicator(URLRouter(websocket_urlpatterns), scope)
    await socket.send_input({"type": "websocket.connect"})
    answer = await socket.receive_output(timeout=10)
    assert (answer["type"] == "websocket.accept") is (role in SOCKETS[route])
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait()


def stored_login(user: User | None) -> Any:
    """A browser's login, as the server keeps it."""
    from django.contrib.sessions.backends.db import SessionStore

    client = Client()
    if user is None:
        return SessionStore()
    client.force_login(user)
    return SessionStore(client.cookies[settings.SESSION_COOKIE_NAME].value)
