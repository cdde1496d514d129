"""A call that a student makes up, what a page offers to call, and ab's table."""

import json
import shlex
import subprocess

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from portal.engine import benches, replies
from portal.engine.kinds.call import Call, asked, offering
from portal.engine.kinds.call.asked import Asked
from portal.engine.kinds.call.kind import asked_by
from portal.engine.lab.command import Command
from portal.engine.lab.step import NoChoice
from portal.engine.routes import Route

SERVER = "http://localhost:5000"
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=200)


def line_of(**chosen: str) -> str:
    """The command line for a form."""
    return Asked.of({"path": "/", **chosen}).line("mids", SERVER)


@pytest.mark.parametrize(
    ("chosen", "curl"),
    [
        ({"path": "/hello"}, "curl http://localhost:5000/hello"),
        ({"path": "/a?x=1&y=2"}, "curl 'http://localhost:5000/a?x=1&y=2'"),
        ({"method": "POST"}, "curl -X POST http://localhost:5000/"),
        ({"method": "HEAD"}, "curl -I http://localhost:5000/"),
        (
            {"method": "POST", "body_kind": "json", "body": '{"a": 1}'},
            "curl -H 'Content-Type: application/json' --data-raw '{\"a\": 1}' "
            "http://localhost:5000/",
        ),
        (
            {"method": "PUT", "body_kind": "form", "body": "a=1&b=2"},
            "curl -X PUT --data-raw 'a=1&b=2' http://localhost:5000/",
        ),
        (
            {"body_kind": "text", "body": "hi", "headers": "content-type: x/y\n\n X: 1 "},
            "curl -X GET -H 'content-type: x/y' -H 'X: 1' --data-raw hi http://localhost:5000/",
        ),
        ({"body": "not sent"}, "curl http://localhost:5000/"),
    ],
)
def test_a_call_is_the_curl_that_one_would_type(chosen: dict[str, str], curl: str) -> None:
    assert line_of(**chosen) == f"docker-compose exec mids {curl}"


@given(body=TEXT, kind=st.sampled_from(["json", "form", "text"]))
@example(body="a\\\nb", kind="text")
@example(body="'\\\n'\\\\\n", kind="text")
@example(body="@/etc/passwd", kind="form")
@example(body="--next", kind="json")
def test_a_body_reaches_curl_as_it_was_typed(body: str, kind: str) -> None:
    call = Asked.of({"path": "/", "method": "POST", "body_kind": kind, "body": body})
    line = call.line("mids", SERVER)
    sent = body.replace("\r\n", "\n")
    argv = Command.parse(line).argv
    assert argv == call.argv(SERVER)
    assert tuple(shlex.split(line))[3:] == argv
    assert argv[-1] == f"{SERVER}/"
    if sent:
        assert argv[-3:-1] == ("--data-raw", sent)


def test_bash_reads_a_body_as_the_portal_does() -> None:
    for body in ("a\\\nb", "'\\\n'", '$(reboot) `reboot` "x" \\', "\\\n"):
        words = ["printf", "%s", body]
        said = subprocess.run(
            ["/bin/bash", "-c", " ".join(asked.quoted(each) for each in words)],
            capture_output=True,
            check=True,
        )
        assert said.stdout.decode() == body


@pytest.mark.parametrize(
    ("chosen", "words"),
    [
        ({"headers": "no header"}, "“no header” is no header"),
        ({"headers": "@/etc/passwd"}, "is no header"),
        ({"headers": "A: 1\nB: \x07"}, "is no header"),
        ({"headers": "A: 1\n" * 31}, "30 headers"),
        ({"path": "/get/<kind>"}, "in the place of <kind>"),
        ({"path": "get"}, "A path starts with /"),
        ({"method": "BREW"}, "no such method"),
        ({"body_kind": "xml"}, "no such kind of body"),
        ({"body_kind": "text", "body": "\0"}, "NUL"),
        ({"body_kind": "text", "body": "é" * 40_000}, "at most 64 KB"),
        ({"method": "HEAD", "body_kind": "text", "body": "x"}, "HEAD"),
    ],
)
def test_what_is_no_call_is_told_in_plain_words(chosen: dict[str, str], words: str) -> None:
    with pytest.raises(NoChoice, match=words):
        line_of(**chosen)


def test_a_body_that_is_no_json_is_sent_and_said() -> None:
    odd = Asked.of({"path": "/", "body_kind": "json", "body": "{'a': 1}"})
    assert odd.notes() == ("This is not JSON: it is sent as it is.",)
    assert odd.argv(SERVER)[-2] == "{'a': 1}"
    assert Asked.of({"path": "/", "body_kind": "json", "body": "[1]"}).notes() == ()
    deep = Asked.of({"path": "/", "body_kind": "json", "body": "[" * 60_000})
    assert deep.notes()


def test_a_call_comes_back_from_a_runs_row_as_it_was() -> None:
    call = Asked.of({"path": "/a", "method": "POST", "headers": "A: b", "body_kind": "text"})
    assert Asked(**json.loads(json.dumps(call.as_dict()))).line("m", SERVER) == call.line(
        "m", SERVER
    )


# What is offered

LOOK = "docker-compose exec mids curl http://localhost:5000/"
SWORD = "docker-compose exec mids curl http://localhost:5000/purchase_a_sword"


def test_a_button_that_no_route_answers_is_marked() -> None:
    known = (Route("/", ("GET",)), Route("/sword/<kind>", ("POST", "PUT")))
    assert [each.is_missing for each in offering.buttons([LOOK, SWORD], known)] == [False, True]
    assert [each.is_missing for each in offering.buttons([LOOK, SWORD], None)] == [False, False]


def test_each_method_of_a_route_is_offered_with_its_arguments_apart() -> None:
    known = (
        Route("/static/<path:filename>", ("GET",)),
        Route("/sword/<int:n>/buy", ("POST", "PUT", "BREW")),
        Route("/", ("GET",)),
    )
    found = [(each.method, each.parts, each.is_whole) for each in offering.routes(known)]
    assert found == [
        ("POST", ("/sword/", "<int:n>", "/buy"), False),
        ("PUT", ("/sword/", "<int:n>", "/buy"), False),
        ("GET", ("/",), True),
    ]


# ab

AB = """\
Server Software:        Werkzeug/3.1.3
Concurrency Level:      2
Complete requests:      100
Failed requests:        3
   (Connect: 0, Receive: 0, Length: 3, Exceptions: 0)
Non-2xx responses:      7
Requests per second:    412.55 [#/sec] (mean)
Time per request:       4.848 [ms] (mean)
Time per request:       2.424 [ms] (mean, across all concurrent requests)

Percentage of the requests served within a certain time (ms)
  50%      4
  95%      9
  99%     15
 100%     15 (longest request)
"""


def test_abs_table_is_read() -> None:
    found = benches.read("ab", AB.encode())
    assert found == benches.Bench("ab", 100, 3, 7, 412.55, 4.848, 4, 9, 15)
    assert benches.of(json.loads(json.dumps(benches.as_kept([found])))) == [found]


def test_one_request_has_no_percentiles() -> None:
    said = AB.partition("Percentage")[0].replace("100\n", "1\n").replace("Non-2xx", "Other")
    found = benches.read("ab", said.encode())
    assert found is not None
    assert (found.requests, found.non_2xx, found.p50_ms) == (1, 0, None)


@given(
    st.binary(max_size=3000)
    | st.lists(st.sampled_from([*AB.splitlines(keepends=True), "9" * 400])).map(
        lambda lines: "".join(lines).encode()
    )
)
def test_whatever_ab_prints_is_figures_or_nothing(output: bytes) -> None:
    found = benches.read("ab", output)
    if found is not None:
        assert benches.of(json.loads(json.dumps(benches.as_kept([found]), allow_nan=False))) == [
            found
        ]


@pytest.mark.parametrize("kept", [None, 3, "x", [1], [{}], [{"command": 1}], {}])
def test_what_a_row_has_kept_wrongly_is_nothing(kept: object) -> None:
    assert benches.of(kept) == []
    assert replies.of(kept) == []


@pytest.mark.parametrize(
    ("words", "times"),
    [("-n 10", 10), ("-n10 -c 2", 10), ("-c 2", 1), ("-n x", 1), ("-n 999999", 10_000), ("-n", 1)],
)
def test_an_ab_makes_as_many_requests_as_it_is_told_to(words: str, times: int) -> None:
    line = f"docker-compose exec mids ab {words} http://localhost:5000/a?b=1"
    assert asked_by(line) == ["/a?b=1"] * times


def test_what_is_not_mixed_is_made_by_its_own_button_alone() -> None:
    curl = "docker-compose exec mids curl http://localhost:5000/"
    ab = "docker-compose exec mids ab -n 3 http://localhost:5000/all"
    buttons = [{"label": "a", "command": curl}, {"label": "b", "command": ab, "mixed": False}]
    call = Call.model_validate({"kind": "call", "buttons": buttons})
    assert set(call.params({"times": "50"})["commands"]) == {curl}
    assert call.params({"command": "1"})["commands"] == [ab]
    made = {"commands": [curl, ab, curl]}
    assert call.request_for(made, "/all", 2) == ab
    assert [call.request_for(made, "/", number) for number in (0, 4)] == [curl, curl]
