"""The board: lights, the worst first, the same error as one group, a hint for just that group."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from portal.activities.models import Session
from portal.classroom import services as people
from portal.classroom.models import User
from portal.insights import board
from portal.insights.signatures import LONGEST, signature
from tests.insights.sessions import done
from tests.rows import make_session, make_user

NO_BROKERS = """Traceback (most recent call last):
  File "/w205/game_api.py", line {line}, in <module>
    producer = KafkaProducer(bootstrap_servers='kafka:{port}')
kafka.errors.NoBrokersAvailable: NoBrokersAvailable
"""
MESSAGE = "The server does not answer on port 5000. Your server could not reach Kafka."


def ready(**fields: object) -> Session:
    """A session whose cluster is up."""
    session = make_session()
    Session.objects.filter(pk=session.pk).update(status="ready", **fields)
    session.refresh_from_db()
    return session


def lights(session: Session) -> dict[str, str]:
    """A session's lights."""
    row = board.rows(Session.objects.filter(pk=session.pk))[0]
    return {each.name: each.state for each in row.lights}


def planted(line: int) -> Session:
    """A session in which the API did not find Kafka."""
    session = ready()
    said = NO_BROKERS.format(line=line, port=9000 + line)
    done(session, "serve", "failed", error=MESSAGE, output=said)
    return session


@pytest.mark.django_db
def test_each_part_of_the_pipeline_has_its_light() -> None:
    session = ready()
    off = {"topic": "off", "flask": "off", "spark": "off"}
    assert lights(session) == {"zookeeper": "on", "kafka": "on", **off}
    done(session, "topic")
    done(session, "serve")
    done(session, "serve-extended", "serving")
    done(session, "extract", "failed")
    on = {"topic": "on", "flask": "on", "spark": "bad"}
    assert lights(session) == {"zookeeper": "on", "kafka": "on", **on}


@pytest.mark.django_db
def test_a_launch_lights_up_service_by_service() -> None:
    progress = [
        {"service": "zookeeper", "is_done": True},
        {"service": "kafka", "is_done": False},
    ]
    session = make_session()
    for status, kafka in (("starting", "busy"), ("failed", "bad")):
        Session.objects.filter(pk=session.pk).update(status=status, progress=progress)
        assert lights(session)["kafka"] == kafka
    Session.objects.filter(pk=session.pk).update(status="ended")
    assert set(lights(session).values()) == {"off"}


@pytest.mark.django_db
def test_runs_on_an_earlier_cluster_do_not_count() -> None:
    session = ready()
    done(session, "topic")
    Session.objects.filter(pk=session.pk).update(generation=2)
    assert lights(session)["topic"] == "off"


@pytest.mark.django_db
def test_the_worst_comes_first() -> None:
    well, failing, broken, starting = ready(), ready(), ready(), ready()
    done(well, "topic")
    done(failing, "topic", "failed", error="No topic.")
    Session.objects.filter(pk=broken.pk).update(status="failed", error="Kafka is gone.")
    Session.objects.filter(pk=starting.pk).update(status="starting")
    found = [row.session for row in board.rows(Session.objects.all())]
    assert found == [each.pk for each in (broken, failing, starting, well)]


@pytest.mark.django_db
def test_it_costs_three_queries(django_assert_num_queries: object) -> None:
    for number in range(8):
        planted(number)
    with django_assert_num_queries(3):  # type: ignore[operator]
        made = board.context(Session.objects.all())
    assert len(made["board"]) == 8


@pytest.mark.django_db
def test_three_students_with_the_same_error_are_one_group_and_get_one_hint(client: Client) -> None:
    same, other = [planted(line) for line in (3, 14, 159)], ready()
    done(other, "extract", "failed", error="Record at offset 7 is not JSON.")
    mended = planted(26)
    done(mended, "serve", "serving")
    found = board.groups(board.rows(Session.objects.all()))
    assert [(each.signature, len(each.rows)) for each in found] == [
        ("NoBrokersAvailable", 3),
        ("Record at offset N is not JSON.", 1),
    ]
    teacher = people.make_person("teacher-of-all", User.Role.INSTRUCTOR, "x")
    teacher.user_permissions.add(permission("watch_session"))
    client.force_login(User.objects.get(pk=teacher.pk))
    page = client.get("/board/").content.decode()
    assert "3 \u00d7</b> <code>NoBrokersAvailable" in page
    assert page.count("Record at offset 7 is not JSON.") >= 3  # The group, the row and its title.
    assert "offset N" not in page
    form = {"session": [each.pk for each in same], "text": "Kafka is at kafka:29092."}
    assert client.post("/board/hint/", form).status_code == 302
    assert [each.hints.count() for each in (*same, other, mended)] == [1, 1, 1, 0, 0]


def permission(codename: str) -> Permission:
    """One of Django's permissions."""
    return Permission.objects.get(codename=codename)


@pytest.mark.django_db
def test_students_have_no_board_and_give_no_hints(client: Client) -> None:
    session = planted(1)
    client.force_login(make_user())
    assert client.get("/board/").status_code == 404
    assert client.get("/board/rows/").status_code == 404
    form = {"session": [session.pk], "text": "hello"}
    assert client.post("/board/hint/", form).status_code == 404
    assert not session.hints.exists()


@pytest.mark.django_db
def test_an_instructor_reaches_only_their_own_students(client: Client) -> None:
    session = planted(1)
    teacher = people.make_person("teacher-of-none", User.Role.INSTRUCTOR, "x")
    teacher.groups.clear()
    teacher.user_permissions.add(permission("add_class"))
    client.force_login(User.objects.get(pk=teacher.pk))
    assert session.pk not in client.get("/board/").content.decode()
    client.post("/board/hint/", {"session": [session.pk], "text": "hello"})
    assert not session.hints.exists()


@pytest.mark.parametrize(
    ("error", "said", "name"),
    [
        ("", "", ""),
        ("Port 5000 of 10.0.0.7:9092 in 3.5 s", "", "Port N of N in N s"),
        ("No file /w205/a/b.py here", "", "No file PATH here"),
        ("Topic 'events' of 4b2f9c1d7e is gone", "", "Topic … of ID is gone"),
        ("GET http://localhost:5000/x failed", "", "GET URL failed"),
        ("It failed.", "Traceback\nValueError: no 17", "ValueError"),
        ("It failed.", "all is well\nDone: 5\n", "It failed."),
        ("", "curl: (7) Failed to connect", "curl: (N) Failed to connect"),
    ],
)
def test_what_varies_is_no_part_of_an_errors_name(error: str, said: str, name: str) -> None:
    assert signature(error, said) == name


@given(st.text(), st.text())
def test_any_error_has_a_short_name(error: str, said: str) -> None:
    name = signature(error, said)
    assert "\n" not in name
    assert len(name) <= max(LONGEST, 0) or name in said or name in error


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_numbers_never_tell_errors_apart(one: int, other: int) -> None:
    text = "Exit status {0} after {0} s at offset {0}"
    assert signature(text.format(one)) == signature(text.format(other))
