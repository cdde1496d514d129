"""A class on two hosts, and what becomes of it when one dies, comes back, or does not fit."""

import os
import re
import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.faults.student import Student, eventually
from tests.hosts.stage import FAKETIME, Stage, stage
from tests.portal_process import ROOT
from tests.s3 import Server

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.timeout(600),
    pytest.mark.skipif(os.geteuid() != 0, reason="makes network namespaces"),
]
UP_SECONDS = 180.0
FILE = "flask-with-kafka-and-spark/game_api_with_json_events.py"
EDITED = "# an edit of Ann's\n"


@pytest.fixture
def played() -> Iterator[tuple[Stage, Server]]:
    """Each try has a stage of its own."""
    with stage() as made:
        try:
            yield made
        except BaseException:
            print(made[0].logs())
            raise


def test_a_class_on_two_hosts_outlives_one_of_them(played: tuple[Stage, Server]) -> None:
    made, bucket = played
    boss = Student(made.machine("web"), "boss", patience=60)
    ann, ben = (Student(made.machine("web"), name, patience=60) for name in ("ann", "ben"))
    try:
        eventually(lambda: reporting(boss) == {"one", "two"}, UP_SECONDS, "both hosts report")
        hers, his = each_gets_a_host_of_their_own(boss, ann, ben)
        the_lab_is_done(ann, ben, bucket)
        one_dies_in_mid_step(made, ann, hers)
        what_was_recorded_is_there(ann)
        it_is_launched_elsewhere(boss, ann, ben, his)
        who_comes_back_ends_what_nobody_wants(made, boss, hers)
        a_host_is_drained(boss, made, his)
        a_host_that_does_not_fit_gets_nothing(made, boss, hers)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{made.logs()}") from error


def cards(boss: Student) -> dict[str, str]:
    """What the page of hosts says, by host."""
    parts = re.split(r'data-testid="host-(\w+)"', boss.get("/hosts/live/"))
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def reporting(boss: Student, runtime: str = "sandbox") -> set[str]:
    """The hosts that report, and have looked at their runtimes."""
    found = cards(boss).items()
    looked = f"{runtime}, for new"
    return {name for name, text in found if ">reporting<" in text and looked in text}


def host_of(boss: Student, session: str) -> str:
    """Where a session was placed."""
    found = [name for name, text in cards(boss).items() if f"/s/{session}/" in text]
    assert len(found) == 1, found
    return found[0]


def each_gets_a_host_of_their_own(boss: Student, ann: Student, ben: Student) -> tuple[str, str]:
    """Of two launches each host takes one."""
    ann.click_launch()
    ben.click_launch()
    found = host_of(boss, ann.session), host_of(boss, ben.session)
    assert sorted(found) == ["one", "two"]
    for each in (ann, ben):
        each.wait_until_up(UP_SECONDS)
    return found


def the_lab_is_done(ann: Student, ben: Student, bucket: Server) -> None:
    """From topic to table, on both at the same time; web shows rows that it has no file of."""
    for each in (ann, ben):
        each.post(f"/s/{each.session}/run-all/")
    for each in (ann, ben):
        eventually(partial(is_done, each), UP_SECONDS, "all steps end")
        assert len(rows(each)) > 1
    assert len(bucket.objects()) == 2


def is_done(student: Student) -> bool:
    """Whether all steps but the last, which tears down, have passed."""
    found = re.findall(r'data-testid="step-([\w-]+)" data-state="(\w+)"', student.page())
    states: dict[str, str] = dict(found)
    lost = [step for step, state in states.items() if state in ("failed", "cancelled")]
    assert not lost, student.words(lost[0])
    return states["extract"] == "passed"


def rows(student: Student) -> list[str]:
    """The table of the newest extraction, line by line."""
    found = re.search(r"results/(\d+)\.csv", student.get(f"/s/{student.session}/results/"))
    assert found is not None
    return student.get(f"/s/{student.session}/results/{found[1]}.csv").splitlines()


def one_dies_in_mid_step(made: Stage, ann: Student, hers: str) -> None:
    """Its sessions say so within seconds, and what runs on it is not said to be well."""
    ann.post(f"/s/{ann.session}/code/", path=FILE, code=EDITED)
    ann.click_run("extract")
    ann.wait_for_state("extract", "running")
    made.cut(hers)
    made.kill(hers)
    silent = 'data-testid="silent-host"'
    eventually(lambda: silent in ann.page(), 90, "the session says that its host is silent")


def what_was_recorded_is_there(ann: Student) -> None:
    """Table, transcript and edited code, before the session is ended and after it."""
    for end in (ann.tear_down, lambda: None):
        assert len(rows(ann)) > 1
        assert "an edit of Ann" in ann.get(f"/s/{ann.session}/")
        assert "kafka-topics" in ann.get(f"/s/{ann.session}/transcript.md")
        end()
    assert "the host that it ran on is gone" in ann.page()


def it_is_launched_elsewhere(boss: Student, ann: Student, ben: Student, his: str) -> None:
    """A new session comes up where one still lives, and nothing happens to who is there."""
    ann.click_launch()
    assert host_of(boss, ann.session) == his
    ann.wait_until_up(UP_SECONDS)
    assert ben.status() == "ready"


def who_comes_back_ends_what_nobody_wants(made: Stage, boss: Student, hers: str) -> None:
    """The cluster outlived its runner, and its session has ended meanwhile."""
    assert len(made.clusters(hers)) == 1
    made.cut(hers, is_cut=False)
    made.begin_host(hers)
    eventually(lambda: hers in reporting(boss), UP_SECONDS, "it reports again")
    eventually(lambda: made.clusters(hers) == [], 60, "it ends the cluster of no session")


def a_host_is_drained(boss: Student, made: Stage, his: str) -> None:
    """It gets no new session though it is asked, and goes on with what it has."""
    cy = Student(made.machine("web"), "cy", patience=60)
    boss.post(f"/hosts/{his}/drain/", drain="1")
    assert "2 sessions go on here" in " ".join(cards(boss)[his].split())
    cy.click_launch()
    assert host_of(boss, cy.session) != his
    cy.wait_until_up(UP_SECONDS)
    cy.tear_down()
    boss.post(f"/hosts/{his}/drain/", drain="0")


def a_host_that_does_not_fit_gets_nothing(made: Stage, boss: Student, hers: str) -> None:
    """Its clock is two hours ahead, and its code another release's; both are told."""
    made.kill(hers)
    other = another_release(made.folder / "checkout")
    wrong = {"LD_PRELOAD": FAKETIME, "FAKETIME": "+2h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    made.begin_host(hers, "relay", root=other, **wrong)
    told = (f'data-testid="clock-{hers}"', f'data-testid="release-{hers}"')
    eventually(lambda: all(each in cards(boss)[hers] for each in told), UP_SECONDS, "both are told")
    assert re.search(r"It is 7,(199|200|201) s ahead", cards(boss)[hers])
    eventually(lambda: hers in reporting(boss), 60, "it does not count as silent")


def another_release(folder: Path) -> Path:
    """A checkout whose code differs by a comment."""
    folder.mkdir()
    for name in ("portal", "labs", "templates", "static"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("tests"))
    shutil.copy(ROOT / "manage.py", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    with (folder / "portal" / "release.py").open("a") as module:
        module.write("# Another.\n")
    return folder
