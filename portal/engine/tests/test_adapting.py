"""Calls that nobody chose are of routes that the server has."""

import pytest

from portal.engine.kinds.call import Call
from portal.engine.kinds.call.adapting import adapted

CURL = "docker-compose exec mids curl http://localhost:5000"
AT = "docker-compose exec mids curl {}http://localhost:5000{}"
JSON = "-X POST -H 'Content-Type: application/json' -d '{}' "
CALL = Call.model_validate(
    {
        "kind": "call",
        "times": 8,
        "buttons": [
            {"label": "Look", "command": f"{CURL}/"},
            {"label": "Buy", "command": f"{CURL}/purchase_a_sword"},
        ],
    }
)
LABS_OWN = [f"{CURL}/", f"{CURL}/purchase_a_sword"]


def rule(rule: str, *methods: str) -> dict[str, object]:
    """A route as a row keeps it."""
    return {"rule": rule, "methods": list(methods or ("GET",))}


@pytest.mark.parametrize(
    ("rules", "calls"),
    [
        ([rule("/"), rule("/purchase_a_sword"), rule("/more")], LABS_OWN),
        ([rule("/"), rule("/<what>")], LABS_OWN),
        ([rule("/"), rule("/get_axe/<kind>")], [f"{CURL}/", AT.format("", "/get_axe/kind")]),
        (
            [rule("/"), rule("/purchase_a_sword/")],
            [f"{CURL}/", AT.format("", "/purchase_a_sword/")],
        ),
        (
            [rule("/join", "POST"), rule("/buy/<int:n>"), rule("/hello")],
            [AT.format("", "/hello"), AT.format("", "/buy/1"), AT.format(JSON, "/join")],
        ),
        ([rule("/a b"), rule("/$(id)"), rule("/ok")], [AT.format("", "/ok")]),
        ([], LABS_OWN),
    ],
)
def test_buttons_that_reach_nothing_make_room_for_the_servers_own_routes(
    rules: list[object], calls: list[str]
) -> None:
    assert adapted(LABS_OWN, {5000: rules}) == calls


def test_another_servers_routes_change_nothing() -> None:
    assert adapted(LABS_OWN, {6000: [rule("/other")]}) == LABS_OWN


def test_as_many_calls_are_made_as_were_asked_for_and_guesses_are_told() -> None:
    served = {5000: [rule("/hello"), rule("/join", "POST")]}
    params = CALL.adapted(CALL.params({"times": "5"}), {"times": "5"}, served)
    assert len(params["commands"]) == 5
    assert set(params["commands"]) == {AT.format("", "/hello"), AT.format(JSON, "/join")}
    assert params["guessed"] == [AT.format(JSON, "/join")]


@pytest.mark.parametrize("chosen", [{"command": "1"}, {"path": "/nope"}])
def test_a_call_that_a_student_chose_is_made_as_it_is(chosen: dict[str, str]) -> None:
    params = CALL.params(chosen)
    assert CALL.adapted(params, chosen, {5000: [rule("/hello")]}) == params


def test_every_call_can_be_read_as_a_command() -> None:
    found = adapted(LABS_OWN, {5000: [rule("/<a>/<path:b>/<uuid:c>", "PUT"), rule("/x", "GET")]})
    for each in found:
        assert CALL.request_for({"commands": [each]}, each.split("5000")[1].strip("'"), 0) == each
